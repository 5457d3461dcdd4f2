"""The site's staff: accounts and reviews as a whole, nothing of what is decided in a review."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django_tasks_db import admin as tasks_admin

from screening.models import Membership, Review, User

admin.site.site_header = "Parallax: people and reviews"
admin.site.site_title = "Parallax admin"
admin.site.index_title = "People and reviews"
# Addresses follow accounts, rights come from roles in a review, the keys of people's apps are
# nobody else's, and what a task stumbled over may be somebody's file.
admin.site.unregister([Authenticator, EmailAddress, Group, tasks_admin.DBTaskResult])


class EmailInLowerCase:
    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()


class PersonCreationForm(EmailInLowerCase, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]


class PersonChangeForm(EmailInLowerCase, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class MembershipInline(admin.TabularInline):
    """Who is in a review. Changed by its lead, in the review, where it is logged."""

    model = Membership
    extra = 0
    can_delete = False
    verbose_name_plural = "memberships"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        rows = super().get_queryset(request).select_related("user", "review")
        return rows.prefetch_related("roles")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="roles")
    def role_names(self, membership: Membership) -> str:
        return ", ".join(membership.role_labels())


class MembersOfReview(MembershipInline):
    fields = readonly_fields = ["number", "person", "role_names", "joined_at", "ended_at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("screening.view_review")

    @admin.display(description="person")
    def person(self, membership: Membership) -> str:
        address = reverse("admin:screening_user_change", args=[membership.user_id])
        return format_html('<a href="{}">{}</a>', address, membership.name)


class ReviewsOfPerson(MembershipInline):
    fields = readonly_fields = ["in_review", "role_names", "joined_at", "ended_at"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("screening.view_user")

    @admin.display(description="review")
    def in_review(self, membership: Membership) -> str:
        address = reverse("admin:screening_review_change", args=[membership.review_id])
        return format_html('<a href="{}">{}</a>', address, membership.review)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are deactivated, never deleted: what they did refers to them."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    ordering = ["name", "email"]
    list_display = ["email", "name", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "name"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser"]}),
        ("Dates (UTC)", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})
    ]
    readonly_fields = ["last_login", "date_joined"]
    actions = ["deactivate", "activate"]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[type[MembershipInline]]:
        return [ReviewsOfPerson] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A new address takes the place of the old one, for signing in and for e-mail too."""
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email__iexact=obj.email).delete()

    @admin.action(description="Deactivate: no sign-in any more", permissions=["change"])
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        others = people.exclude(pk=request.user.pk)
        changed = others.update(is_active=False)
        self.message_user(request, f"{changed} deactivated; your own account is left as it is.")

    @admin.action(description="Activate: sign-in again", permissions=["change"])
    def activate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        self.message_user(request, f"{people.update(is_active=True)} activated.")


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    """Reviews are looked at here and changed in Parallax, where changes are logged."""

    list_display = ["title", "created_at", "member_count", "open_in_parallax"]
    search_fields = ["title"]
    ordering = ["-created_at"]
    fields = [
        "title",
        "created_at",
        "created_by",
        "member_count",
        "is_example",
        "open_in_parallax",
    ]
    inlines = [MembersOfReview]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        mine = Membership.objects.active().filter(review=OuterRef("pk"), user=request.user.pk)
        active = Count("memberships", filter=Q(memberships__ended_at__isnull=True))
        return super().get_queryset(request).annotate(n_members=active, is_mine=Exists(mine))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Review | None = None) -> bool:
        return False

    @admin.display(description="members", ordering="n_members")
    def member_count(self, review: Review) -> int:
        return review.n_members

    @admin.display(description="in Parallax")
    def open_in_parallax(self, review: Review) -> str:
        if not review.is_mine:
            return "open to its members only"
        address = reverse("reporting:overview", args=[review.pk])
        return format_html('<a href="{}">Open in Parallax</a>', address)

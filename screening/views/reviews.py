from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from screening.access import Refused, RepeatedRequest, claim_of
from screening.actions.reviews import create_review
from screening.forms.reviews import NewReviewForm

MADE = "The review is made. {next} It can be changed until the first vote."
BLANK_NEXT = "Say what it sets out to do."
TEMPLATE_NEXT = "Read the protocol, above all what is marked as a proposal."


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Anybody with an account may begin a review, and leads it."""
    if request.method != "POST":
        return render(request, "screening/review_new.html", {"form": NewReviewForm()})
    form = NewReviewForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            access = create_review(request.user, claim=claim_of(request), **form.cleaned_data)
        except RepeatedRequest:
            return redirect("/")
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            blank = form.cleaned_data["template"] is None
            messages.success(request, MADE.format(next=BLANK_NEXT if blank else TEMPLATE_NEXT))
            page = "screening:protocol_edit" if blank else "screening:protocol"
            return redirect(page, access.review.pk)
    return render(request, "screening/review_new.html", {"form": form}, status=status)

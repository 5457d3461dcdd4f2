"""Votes that other programs exported. Pure: texts in, votes and problems out, no Django."""

from screening.importers.votes.base import ForeignVote, ForeignVotes, Remark, RowProblem

__all__ = ["ForeignVote", "ForeignVotes", "Remark", "RowProblem"]

"""Everything that changes a review's facts: one function per thing a person does.

Locks are taken in one order: the actor's membership, items by id, the head of the log last.
"""

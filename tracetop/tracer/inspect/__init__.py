"""Answers to one question each: `list`, `programs`, `doctor`. A process of its own, which ends with the last answer.

In: a question of `model.wire.inquiries`. Out: its answers, as they are found (`answer`).
"""

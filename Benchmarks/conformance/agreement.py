"""How near two scorings of the same tokens are."""

import numpy as np


def largest_difference(ours, theirs):
    return np.abs(differences(ours, theirs)).max()


def same_routes(ours, theirs):
    """`[layers, tokens]`: does the token visit the same experts, in whatever order?"""
    return np.all(np.sort(experts(ours)) == np.sort(experts(theirs)), axis=-1)


def differences_before_routes_part(ours, theirs):
    """|Δ logprob| up to the first token with another route in any layer.

    One other expert is another network, and every later token attends to what it left behind.
    """
    agreed = same_routes(ours, theirs).all(axis=0)
    return np.abs(differences(ours, theirs))[np.logical_and.accumulate(agreed)[:-1]]


def differences(ours, theirs):
    if ours["tokens"] != theirs["tokens"]:
        raise ValueError("the two did not score the same tokens")
    return np.array(ours["logprobs"][1:]) - np.array(theirs["logprobs"][1:])


def experts(score):
    return np.array([layer["experts"] for layer in score["layers"]])

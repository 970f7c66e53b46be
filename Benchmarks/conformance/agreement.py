"""How near two scorings of the same tokens are."""

import numpy as np


def largest_difference(ours, theirs):
    return np.abs(differences(ours, theirs)).max()


def same_routes(ours, theirs):
    """`[layers, tokens]`: does the token visit the same experts, in whatever order?"""
    return np.all(np.sort(experts(ours)) == np.sort(experts(theirs)), axis=-1)


def differences_where_routes_agree(ours, theirs):
    """|Δ logprob| predicted by the tokens that visit the same experts in every layer."""
    agreed = same_routes(ours, theirs).all(axis=0)
    return np.abs(differences(ours, theirs))[agreed[:-1]]


def differences(ours, theirs):
    if ours["tokens"] != theirs["tokens"]:
        raise ValueError("the two did not score the same tokens")
    return np.array(ours["logprobs"][1:]) - np.array(theirs["logprobs"][1:])


def experts(score):
    return np.array([layer["experts"] for layer in score["layers"]])

"""The words that every plot may use: who there is, where they live, what the weather does."""

GIRLS = ["Lily", "Mia", "Anna", "Rosa", "Ella", "Nora", "Ruby", "Ivy", "Clara", "Maya", "Lucy", "Daisy"]
BOYS = ["Tom", "Ben", "Max", "Sam", "Leo", "Finn", "Jack", "Oscar", "Theo", "Hugo", "Noah", "Pip"]

ANIMALS = [
    "rabbit", "fox", "bear", "mouse", "duck", "hedgehog", "squirrel", "kitten", "frog", "turtle", "puppy", "owl",
    "badger", "goose",
]

TRAITS = [
    "kind", "brave", "curious", "shy", "clever", "cheerful", "quiet", "gentle", "small", "happy", "little", "young",
]

HOMES = [
    "in a small house near the forest", "in a little village by the sea", "on top of a green hill",
    "at the edge of the woods", "in a warm cottage by the river", "on a quiet farm", "at the end of a long road",
    "under an old oak tree", "next to a deep blue lake", "in a town full of gardens",
]

PLACES = [
    "the forest", "the meadow", "the river", "the old mill", "the garden", "the hill", "the lake", "the park", "the market",
    "the beach",
]

WEATHER = ["sunny", "windy", "cold", "warm", "rainy", "bright", "foggy", "fine"]

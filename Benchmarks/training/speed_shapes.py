"""The two shapes at which training is measured, and how much arithmetic a token of each takes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SpeedShape:
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    vocabulary: int
    experts: int = 8
    top_k: int = 2
    context: int = 256
    batch: int = 8

    @property
    def step_tokens(self):
        return self.batch * self.context

    @property
    def active_parameters(self):
        """Parameters that multiply a token: its experts, and of the embedding only its use as the output matrix."""
        attention = 2 * self.hidden * self.hidden * (1 + self.kv_heads / self.heads)
        experts = self.top_k * 3 * self.hidden * self.intermediate + self.hidden * self.experts
        return self.layers * (attention + experts) + self.vocabulary * self.hidden

    @property
    def flops_per_token(self):
        """Two for each parameter forward and four backward; attention reads half the context on average."""
        scores = 2 * 2 * self.hidden * self.context / 2
        return 6 * self.active_parameters + 3 * self.layers * scores


SHAPES = {
    "128": SpeedShape(hidden=128, layers=4, heads=4, kv_heads=2, intermediate=256, vocabulary=512),
    "256": SpeedShape(hidden=256, layers=6, heads=8, kv_heads=4, intermediate=512, vocabulary=2048),
}

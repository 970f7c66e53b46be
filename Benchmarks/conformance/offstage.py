"""The program under test, called as a user would call it."""

import base64
import itertools
import json
import subprocess


class Offstage:
    def __init__(self, binary, scratch):
        self.binary = binary
        self.scratch = scratch
        self.numbers = itertools.count()

    def pack(self, source, name, *options):
        """Packs a GGUF or a folder; returns the path of the store."""
        experts = self.scratch / "experts"
        self.run("pack", source, "--name", name, "--experts-dir", experts, "--force", *options)
        return experts / name

    def score(self, store, tokens, *options):
        """Log-probabilities of the tokens as given."""
        return self.answer("score", store, "--ids", self.file(json.dumps(tokens)), "--json", *options)

    def score_with_routes(self, store, tokens, *options):
        """The same, with `layers` as the references have them."""
        trace = self.path("trace")
        scores = self.score(store, tokens, "--trace", trace, *options)
        return scores | {"layers": routes(trace)}

    def score_text(self, store, text, *options):
        return self.answer("score", store, "--text", self.file(text), "--json", *options)

    def tokenize(self, model, texts):
        """The ids of each byte string, and the bytes that come back from them."""
        lines = self.file(json.dumps([base64.b64encode(text).decode() for text in texts]))
        answer = self.answer("tokenize", model, "--lines", lines, "--json")
        return answer["tokens"], [base64.b64decode(text) for text in answer["decoded"]]

    def answer(self, *command):
        """The JSON on the last line of standard output."""
        return json.loads(self.run(*command).splitlines()[-1])

    def run(self, *command):
        command = [str(self.binary), *map(str, command)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def file(self, text):
        path = self.path("txt")
        path.write_text(text)
        return path

    def path(self, kind):
        return self.scratch / f"{next(self.numbers)}.{kind}"


def routes(trace):
    """A trace as `[layer] {experts: [tokens][top-k], weights: …}`, in the order of the tokens' positions."""
    header, *visits = map(json.loads, trace.read_text().splitlines())
    layers = [{"experts": [], "weights": []} for _ in range(header["layers"])]
    for visit in sorted(visits, key=lambda visit: visit["token"]):
        layers[visit["layer"]]["experts"].append(visit["experts"])
        layers[visit["layer"]]["weights"].append(visit["weights"])
    return layers

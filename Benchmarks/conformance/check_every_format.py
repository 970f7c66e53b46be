"""Real weights in every format that llama-quantize makes without an importance matrix and that is read here: an hour."""

import check_real_weights

FORMATS = (
    "q8_0 q4_0 q4_1 q5_0 q5_1 iq4_nl iq4_xs iq3_s q2_k q3_k_s q3_k_m q4_k_s q4_k_m q5_k_s q5_k_m q6_k mxfp4_moe".split()
)


def findings(offstage, scratch):
    yield from check_real_weights.findings(offstage, scratch, FORMATS, FORMATS)

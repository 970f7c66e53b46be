// The table of one level's kernels.

static const ck_format_kernels formats[] = {
    [ck_f32] = {multiply_f32, decode_f32, encode_f32},
    [ck_f16] = {multiply_f16, decode_f16, encode_f16},
    [ck_bf16] = {multiply_bf16, decode_bf16, encode_bf16},
    [ck_q8_0] = {multiply_q8_0, decode_q8_0, encode_q8_0},
    [ck_q4_0] = {multiply_q4_0, decode_q4_0, encode_q4_0},
    [ck_q6_k] = {multiply_q6_k, decode_q6_k},
};

const ck_kernels LEVEL = {
    .formats = formats,
    .quantize = quantize,
    .rms_norm = rms_norm,
    .silu_multiply = silu_multiply,
    .softmax = softmax,
    .log_sum_exp = log_sum_exp,
    .add = add,
    .add_weighted = add_weighted,
    .rotate_adjacent = rotate_adjacent,
    .rotate_halves = rotate_halves,
    .attend = attend,
    .multiply_dense = multiply_dense,
    .dot = dot,
    .sum_of_squares = sum_of_squares,
    .multiply_by = multiply_by,
    .first_non_finite = first_non_finite,
    .rms_norm_backward = rms_norm_backward,
    .silu_multiply_backward = silu_multiply_backward,
    .cross_entropy = cross_entropy,
    .adamw = adamw,
    .attend_causally = attend_causally,
    .attend_causally_backward = attend_causally_backward,
};

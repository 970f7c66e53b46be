#include "Layout.h"

const ck_layout ck_layouts[] = {
    [ck_f32] = {.block = {1, 4}, .scale = scales_f32},
    [ck_f16] = {.block = {1, 2}, .scale = scales_f16},
    [ck_bf16] = {.block = {1, 2}, .scale = scales_bf16},
    [ck_q8_0] = {.block = {32, 34}, .parts = {{0, 2, 8, 4, flipped}, {1, 0, 1, 2}}},
    [ck_q4_0] = {.block = {32, 18}, .parts = {{0, 2, 4, 4}, {1, 0, 1, 2}}},
    // Lower halves and upper quarters of each half block, then scales, then their factor.
    [ck_q6_k] = {
        .block = {256, 210},
        .first_scale = 208,
        .last_scale = 208,
        .parts = {{0, 0, 16, 4}, {0, 128, 8, 4}, {0, 64, 16, 4}, {0, 160, 8, 4}, {1, 192, 16, 1}, {2, 208, 1, 2}},
    },
    [ck_q4_k] = {.block = {256, 144}, .last_scale = 2, .parts = {{0, 16, 32, 4}, {1, 4, 12, 1}, {1, 0, 2, 2}}},
    [ck_q5_k] = {.block = {256, 176}, .last_scale = 2, .parts = {{0, 16, 40, 4}, {1, 4, 12, 1}, {1, 0, 2, 2}}},
    [ck_q4_1] = {.block = {32, 20}, .last_scale = 2, .parts = {{0, 4, 4, 4}, {1, 0, 2, 2}}},
    [ck_q5_0] = {.block = {32, 22}, .parts = {{0, 2, 1, 4, transposed}, {0, 6, 4, 4}, {1, 0, 1, 2}}},
    [ck_q5_1] = {.block = {32, 24}, .last_scale = 2, .parts = {{0, 4, 1, 4, transposed}, {0, 8, 4, 4}, {1, 0, 2, 2}}},
    [ck_iq4_nl] = {.block = {32, 18}, .parts = {{0, 2, 4, 4}, {1, 0, 1, 2}}},
    [ck_q3_k] = {
        .block = {256, 110},
        .first_scale = 108,
        .last_scale = 108,
        .parts = {{0, 0, 24, 4}, {1, 96, 6, 2}, {1, 108, 1, 2}},
    },
    [ck_q2_k] = {
        .block = {256, 84},
        .first_scale = 80,
        .last_scale = 82,
        .parts = {{0, 16, 16, 4}, {1, 0, 8, 2}, {1, 80, 2, 2}},
    },
    [ck_iq4_xs] = {.block = {256, 136}, .parts = {{0, 8, 32, 4}, {1, 2, 6, 1}, {1, 0, 1, 2}}},
    [ck_mxfp4] = {.block = {32, 17}, .scale = scales_e8m0, .parts = {{0, 1, 4, 4}, {1, 0, 1, 1}}},
    // Signs, then indices and their ninth bits, then scales and their factor.
    [ck_iq3_s] = {
        .block = {256, 110},
        .parts = {{0, 74, 8, 4, transposed}, {1, 2, 72, 1}, {1, 106, 4, 1}, {1, 0, 1, 2}},
    },
};

ck_block_size ck_block_size_of(ck_format format) {
    return ck_layouts[format].block;
}

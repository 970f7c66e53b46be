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
};

ck_block_size ck_block_size_of(ck_format format) {
    return ck_layouts[format].block;
}

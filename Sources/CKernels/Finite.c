#include "Layout.h"

#include <stdbool.h>
#include <string.h>

// A number is a NaN or an infinity when all bits of its exponent are set.

/// The first of `count` numbers of `bytes` bytes, `step` bytes apart, whose bits of `exponent` are all set; or `count`.
static inline __attribute__((always_inline)) size_t first_with(
    uint32_t exponent, const uint8_t *numbers, size_t count, const size_t bytes, const size_t step
) {
    size_t i = 0;
    for (; i + 64 <= count; i += 64) {
        bool found = false;
        for (size_t j = i; j < i + 64; j++) {
            uint32_t number = 0;
            memcpy(&number, numbers + j * step, bytes);
            found |= (number & exponent) == exponent;
        }
        if (found) break;
    }
    for (; i < count; i++) {
        uint32_t number = 0;
        memcpy(&number, numbers + i * step, bytes);
        if ((number & exponent) == exponent) break;
    }
    return i;
}

size_t ck_first_non_finite(ck_format format, const void *file, size_t blocks) {
    const ck_layout *layout = ck_layouts + format;
    const uint8_t *first = (const uint8_t *)file + layout->first_scale, *last = (const uint8_t *)file + layout->last_scale;
    const size_t step = layout->block.bytes;
    switch (layout->scale) {
    case scales_f32: return first_with(0x7f800000, file, blocks, 4, 4);
    case scales_bf16: return first_with(0x7f80, file, blocks, 2, 2);
    case scales_e8m0: return first_with(0xff, first, blocks, 1, step);
    case scales_f16:
        if (step == 2) return first_with(0x7c00, file, blocks, 2, 2);
        const size_t found = first_with(0x7c00, first, blocks, 2, step);
        return first == last ? found : first_with(0x7c00, last, found, 2, step);
    }
}

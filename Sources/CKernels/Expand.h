// Weights of block formats out of kernel layout, compiled once per level: a format is a recipe, its quants and its scales.
//
// Weights come as unsigned bytes, 4 columns × 16 rows to a vector, vector k of a block of 32 holding columns 4k to 4k + 3.
// A weight is scale × (quant − offset).
// All functions are inlined with a constant format, so that nothing of the other formats is left.

/// What products of a format have in common with those of others.
typedef enum {
    /// Quants below 128, less an offset.
    narrow,
    /// Quants of 8 bits, less 128.
    wide,
    /// Quants below 128, less an offset; two scales for 32 columns, integers of 8 bits times a factor.
    narrow_with_scales,
} kind;

typedef struct {
    /// Columns of a block, and the bytes that a row has in each area of it.
    size_t columns, quants, rest, last;
    /// Blocks of 32 whose quants lie in the same bytes and come out together.
    size_t step;
    kind kind;
    int offset;
    /// Whether there are two scales for 32 columns, integers times a factor.
    bool isPaired;
} recipe;

static const recipe recipes[] = {
    [ck_q8_0] = {.columns = 32, .quants = 32, .rest = 2, .step = 1, .kind = wide},
    [ck_q4_0] = {.columns = 32, .quants = 16, .rest = 2, .step = 1, .offset = 8},
    [ck_q6_k] = {
        .columns = 256, .quants = 192, .rest = 16, .last = 2, .step = 4, .kind = narrow_with_scales, .offset = 32,
        .isPaired = true,
    },
};

/// Where the areas of a block of the format lie.
typedef struct {
    const uint8_t *quants, *rest, *last;
} place;

/// Block b of `blocks` in a group.
INLINE place place_of(const recipe r, const uint8_t *group, size_t blocks, size_t b) {
    return (place){
        .quants = group + b * r.quants * 16,
        .rest = group + (blocks * r.quants + b * r.rest) * 16,
        .last = group + (blocks * (r.quants + r.rest) + b * r.last) * 16,
    };
}

/// Scales of each 32 of 256 columns.
typedef struct {
    f32x16 scales[8];
    /// The integers of a format that has pairs of them, those of the first 16 columns in lower halves.
    i16x32 scale_pairs[8];
} factors;

INLINE u8x64 right(u8x64 bytes, uint32_t by) {
    return (u8x64)((u32x16)bytes >> by);
}

INLINE u8x64 left(u8x64 bytes, uint32_t by) {
    return (u8x64)((u32x16)bytes << by);
}

INLINE u8x64 low_halves(u8x64 bytes) {
    return bytes & 15;
}

INLINE u8x64 high_halves(u8x64 bytes) {
    return right(bytes, 4) & 15;
}

/// Vector k of 32 columns in 4 vectors: the first 16 columns in lower halves, the others in upper halves.
INLINE u8x64 halves(const uint8_t *quants, size_t k) {
    const uint8_t *at = quants + k % 4 * 64;
    const u8x64 both = load_u8x64(k < 4 ? ahead(at) : at);
    return k < 4 ? low_halves(both) : high_halves(both);
}

/// Sets `w[j]` to vector k of each block j of a step, the first of which is block `first` of 32 in a block of the format.
INLINE void expand_quants(
    const ck_format format, const place at, size_t first, size_t k, u8x64 *w
) {
    const uint8_t *quants = at.quants;
    switch (format) {
    case ck_q8_0: w[0] = load_u8x64(ahead(quants + k * 64)); break;
    case ck_q4_0: w[0] = halves(quants, k); break;
    case ck_q6_k: {
        const uint8_t *half = quants + first * 384 + k * 64;
        const u8x64 a = load_u8x64(ahead(half)), b = load_u8x64(ahead(half + 512));
        const u8x64 upper = load_u8x64(ahead(half + 1024));
        w[0] = low_halves(a) | left(upper & 3, 4);
        w[1] = low_halves(b) | left(upper & 12, 2);
        w[2] = right(a & 0xf0, 4) | (upper & 48);
        w[3] = right(b & 0xf0, 4) | right(upper & 0xc0, 2);
        break;
    }
    default: break;
    }
}

/// Pairs of signed scales, and their f16 factor.
INLINE void expand_scales_q6_k(const uint8_t *rest, const uint8_t *last, factors *out) {
    const f32x16 factor = widen_f16(last);
    UNROLL for (size_t j = 0; j < 8; j++) {
        const i32x16 first = __builtin_convertvector(load_i8x16(rest + 32 * j), i32x16);
        const i32x16 second = __builtin_convertvector(load_i8x16(rest + 32 * j + 16), i32x16);
        out->scale_pairs[j] = (i16x32)((first & 0xffff) | second << 16);
        out->scales[j] = factor;
    }
}

/// Sets what belongs to a block of the format; all of it is exact.
INLINE void expand_scales(const ck_format format, const place at, factors *out) {
    switch (format) {
    case ck_q6_k: expand_scales_q6_k(at.rest, at.last, out); break;
    default: out->scales[0] = widen_f16(at.rest); break;
    }
}

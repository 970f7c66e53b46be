// Vectors of 16 lanes, whatever registers a level has, and what all levels do alike with them.
// Each level's file includes it under its own target, having said what UNROLL, TILE and the sizes of a tile are.

// A sum must not become a fused one where a level happens to have the instruction: every level gives the same bits.
#pragma STDC FP_CONTRACT OFF

#define INLINE static inline __attribute__((always_inline, unused))

typedef float f32x16 __attribute__((vector_size(64)));
typedef double f64x16 __attribute__((vector_size(128)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint8_t u8x64 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));
typedef int8_t i8x32 __attribute__((vector_size(32)));
typedef int16_t i16x32 __attribute__((vector_size(64)));

#define LOADS(type) \
    INLINE type load_##type(const void *from) { \
        type vector; \
        memcpy(&vector, from, sizeof vector); \
        return vector; \
    }
LOADS(f32x16)
LOADS(u8x64)
LOADS(u16x16)
LOADS(i8x16)
LOADS(u8x16)
LOADS(u8x32)
LOADS(i8x32)
#undef LOADS

/// Asks for memory some lines further on, since processors do not read ahead past a page by themselves.
INLINE const void *ahead(const void *at) {
    __builtin_prefetch((const char *)at + 6144);
    return at;
}

INLINE size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

INLINE f32x16 splat(float v) {
    // Written out, since 0 + v is not v to a compiler that must keep the sign of −0.
    return (f32x16){v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v};
}

INLINE void store(f32x16 vector, float *to) {
    memcpy(to, &vector, sizeof vector);
}

/// The first `count` lanes, the others 0.
INLINE f32x16 load_part(const float *from, size_t count) {
    f32x16 vector = {};
    memcpy(&vector, from, count * sizeof(float));
    return vector;
}

/// Stores the first `count` lanes, all of them when there are that many.
INLINE void store_part(f32x16 vector, float *to, size_t count) {
    if (count >= 16) {
        store(vector, to);
    } else {
        memcpy(to, &vector, count * sizeof(float));
    }
}

/// Runs the statement for each vector: `at` is its first element and `count` says how many are there.
#define EACH_VECTOR(...) \
    for (size_t at = 0; at < length; at += 16) { \
        const size_t count = length - at; \
        __VA_ARGS__ \
    }

INLINE f32x16 load_up_to(const float *from, size_t count) {
    return count >= 16 ? load_f32x16(from) : load_part(from, count);
}

INLINE f32x16 fma16(f32x16 a, f32x16 b, f32x16 c) {
    return __builtin_elementwise_fma(a, b, c);
}

INLINE f32x16 choose(i32x16 mask, f32x16 yes, f32x16 no) {
    return (f32x16)((mask & (i32x16)yes) | (~mask & (i32x16)no));
}

INLINE f32x16 max16(f32x16 a, f32x16 b) {
    return choose(a > b, a, b);
}

typedef float f32x8 __attribute__((vector_size(32)));
typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x2 __attribute__((vector_size(8)));

/// The lanes' sum, always as the same tree.
INLINE float sum16(f32x16 v) {
    const f32x8 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    const f32x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3)
        + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    const f32x2 two = __builtin_shufflevector(four, four, 0, 1) + __builtin_shufflevector(four, four, 2, 3);
    return two[0] + two[1];
}

INLINE float greatest16(f32x16 v) {
    float lanes[16];
    store(v, lanes);
    float greatest = lanes[0];
    UNROLL for (int i = 1; i < 16; i++) greatest = lanes[i] > greatest ? lanes[i] : greatest;
    return greatest;
}

/// e to the power of each lane, to about one unit in the last place; 0 below the logarithm of the least normal number.
/// Coefficients: Cephes.
INLINE f32x16 exp16(f32x16 x) {
    const f32x16 low = splat(-87.336544f), high = splat(88.37626f);
    const i32x16 underflows = x < low;
    x = choose(underflows, low, x);
    x = choose(x > high, high, x);
    // Adding 1.5 × 2^23 rounds to an integer and leaves it in the low bits.
    const f32x16 magic = splat(12582912.0f);
    const f32x16 shifted = fma16(x, splat(1.44269504f), magic);
    const f32x16 n = shifted - magic;
    const f32x16 r = fma16(n, splat(2.12194440e-4f), fma16(n, splat(-0.693359375f), x));
    f32x16 p = splat(1.9875691500e-4f);
    p = fma16(p, r, splat(1.3981999507e-3f));
    p = fma16(p, r, splat(8.3334519073e-3f));
    p = fma16(p, r, splat(4.1665795894e-2f));
    p = fma16(p, r, splat(1.6666665459e-1f));
    p = fma16(p, r, splat(5.0000001201e-1f));
    p = fma16(p, r * r, r + 1.0f);
    const f32x16 power = (f32x16)((u32x16)p + ((u32x16)shifted << 23));
    return choose(underflows, (f32x16){}, power);
}

/// bf16 is the upper half of an f32.
INLINE f32x16 widen_bf16(const void *from) {
    return (f32x16)(__builtin_convertvector(load_u16x16(from), u32x16) << 16);
}

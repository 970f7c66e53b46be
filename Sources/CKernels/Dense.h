// Products of f32 matrices, compiled once per level.
//
// The right matrix is packed into panels of DENSE_VECTORS × 16 columns, [k][columns], which stay in the second cache, or
// read where it lies if few rows pass it; a tile of DENSE_HEIGHT rows passes a panel with its sums in registers. Sums are
// carried through memory from one stretch of k to the next, so an output is one chain of fused multiply-adds in ascending
// k, whatever the tiles are.

#define PANEL (DENSE_VECTORS * 16)
/// Steps of k, and columns, that are packed at a time. What is packed lies on the stack, which workers have 512 KiB of; the
/// blocks of attention need room beside it, and twice as much where nothing is optimized.
#define DEPTH 256
#define BREADTH 256
/// Rows of the left matrix that are too few to be worth packing a right one that lies as it is, and how far apart its rows
/// may be then: lines that are further apart share too few sets of the first cache.
#define FEW_ROWS 192
#define CLOSE_ROWS 512
/// Rows that are asked for before they are packed.
#define AHEAD 6
/// Strips of the left matrix that are packed at a time, where it lies transposed.
#define STRIPS 4

/// Asks for the lines that hold so many numbers.
INLINE void fetch(const float *from, size_t count) {
    for (size_t i = 0; i < count; i += 16) __builtin_prefetch(from + i);
}

/// Adds to (or, if it `starts`, sets) `out`: `height` rows of the left matrix by one panel, whose rows are `pitch` apart.
TILE void dense_tile(
    const size_t height, const float *left, size_t row, size_t step, const float *panel, size_t pitch, size_t depth,
    float *out, size_t stride, bool starts
) {
    f32x16 sum[DENSE_HEIGHT][DENSE_VECTORS];
    UNROLL for (size_t i = 0; i < height; i++) {
        UNROLL for (size_t v = 0; v < DENSE_VECTORS; v++) {
            sum[i][v] = starts ? (f32x16){} : load_f32x16(out + i * stride + v * 16);
        }
    }
    for (size_t p = 0; p < depth; p++) {
        f32x16 right[DENSE_VECTORS];
        UNROLL for (size_t v = 0; v < DENSE_VECTORS; v++) right[v] = load_f32x16(panel + p * pitch + v * 16);
        UNROLL for (size_t i = 0; i < height; i++) {
            const f32x16 value = splat(left[i * row + p * step]);
            UNROLL for (size_t v = 0; v < DENSE_VECTORS; v++) sum[i][v] = fma16(value, right[v], sum[i][v]);
        }
    }
    UNROLL for (size_t i = 0; i < height; i++) {
        UNROLL for (size_t v = 0; v < DENSE_VECTORS; v++) store(sum[i][v], out + i * stride + v * 16);
    }
}

static void dense_tile_of(
    size_t height, const float *left, size_t row, size_t step, const float *panel, size_t pitch, size_t depth,
    float *out, size_t stride, bool starts
) {
    switch (height) {
#define HEIGHT(H) \
    case H: \
        if (H <= DENSE_HEIGHT) dense_tile(H, left, row, step, panel, pitch, depth, out, stride, starts); \
        break;
    HEIGHT(1) HEIGHT(2) HEIGHT(3) HEIGHT(4) HEIGHT(5) HEIGHT(6)
    HEIGHT(7) HEIGHT(8) HEIGHT(9) HEIGHT(10) HEIGHT(11) HEIGHT(12)
#undef HEIGHT
    }
}

/// The same for a panel of which only some columns are there.
static void dense_edge(
    size_t height, const float *left, size_t row, size_t step, const float *panel, size_t depth, float *out,
    size_t stride, bool starts, size_t columns
) {
    float whole[DENSE_HEIGHT * PANEL] __attribute__((aligned(64))) = {};
    for (size_t i = 0; i < height && !starts; i++) memcpy(whole + i * PANEL, out + i * stride, columns * sizeof(float));
    dense_tile_of(height, left, row, step, panel, PANEL, depth, whole, PANEL, starts);
    for (size_t i = 0; i < height; i++) memcpy(out + i * stride, whole + i * PANEL, columns * sizeof(float));
}

#define SWAP(S, LOWER, UPPER) \
    UNROLL for (int i = 0; i < 16; i++) { \
        if (i & S) continue; \
        const f32x16 x = rows[i], y = rows[i + S]; \
        rows[i] = __builtin_shufflevector(x, y, LOWER); \
        rows[i + S] = __builtin_shufflevector(x, y, UPPER); \
    }
#define LIST(...) __VA_ARGS__

/// Transposes 16 × 16 numbers: 16 rows `from_stride` apart into 16 rows `to_stride` apart.
TILE void transpose_block(const float *from, size_t from_stride, float *to, size_t to_stride) {
    f32x16 rows[16];
    UNROLL for (int i = 0; i < 16; i++) rows[i] = load_f32x16(from + i * from_stride);
    SWAP(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
        LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
    SWAP(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
        LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
    SWAP(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
        LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
    SWAP(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
        LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
    UNROLL for (int i = 0; i < 16; i++) store(rows[i], to + i * to_stride);
}

#undef SWAP
#undef LIST

/// Packs rows of the right matrix that lie as they are: panel after panel, `[k][PANEL]`, what lacks in the last being 0.
static void pack_rows(const float *right, size_t stride, size_t depth, size_t n, float *panels) {
    const size_t whole = n / PANEL * PANEL;
    for (size_t p = 0; p < depth; p++) {
        const float *from = right + p * stride;
        for (size_t j = 0; j < whole; j += PANEL) {
            fetch(from + AHEAD * stride + j, PANEL);
            memcpy(panels + j * depth + p * PANEL, from + j, PANEL * sizeof(float));
        }
        float *last = panels + whole * depth + p * PANEL;
        for (size_t j = whole; j < n; j++) last[j - whole] = from[j];
        for (size_t j = n; n > whole && j < whole + PANEL; j++) last[j - whole] = 0;
    }
}

/// Packs a right matrix that lies transposed, its columns `stride` apart.
static void pack_columns(const float *right, size_t stride, size_t depth, size_t n, float *panels) {
    const size_t whole = depth / 16 * 16;
    for (size_t j = 0; j < n; j += 16) {
        const float *from = right + j * stride;
        float *panel = panels + j / PANEL * PANEL * depth + j % PANEL;
        const size_t columns = least(n - j, 16);
        for (size_t p = 0; p < whole && columns == 16; p += 16) {
            transpose_block(from + p, stride, panel + p * PANEL, PANEL);
        }
        for (size_t p = columns == 16 ? whole : 0; p < depth; p++) {
            for (size_t i = 0; i < columns; i++) panel[p * PANEL + i] = from[p + i * stride];
        }
    }
    for (size_t j = n; j % PANEL != 0; j++) {
        for (size_t p = 0; p < depth; p++) panels[n / PANEL * PANEL * depth + p * PANEL + j % PANEL] = 0;
    }
}

/// Packs `m` (at most STRIPS × DENSE_HEIGHT) rows of a left matrix that lies transposed: `[strip][k][DENSE_HEIGHT]`.
static void pack_strips(const float *left, size_t step, size_t depth, size_t m, float *strips) {
    for (size_t p = 0; p < depth; p++) {
        const float *from = left + p * step;
        fetch(from + AHEAD * step, m);
        size_t i = 0;
        for (; i + DENSE_HEIGHT <= m; i += DENSE_HEIGHT) {
            memcpy(strips + i * depth + p * DENSE_HEIGHT, from + i, DENSE_HEIGHT * sizeof(float));
        }
        for (size_t j = i; j < m; j++) strips[i * depth + p * DENSE_HEIGHT + j - i] = from[j];
    }
}

/// Asks for some rows of the strip after this one: the share of panel `part` of `parts`.
INLINE void fetch_strip(const float *left, size_t row, size_t depth, size_t height, size_t part, size_t parts) {
    for (size_t i = part * height / parts; i < (part + 1) * height / parts; i++) fetch(left + i * row, depth);
}

/// One stretch of k and of columns: all rows of the left matrix by the panels, packed or, if all of them are whole, where
/// they lie, in rows `pitch` apart.
static void multiply_panels(
    ck_strided left, size_t m, const float *panels, bool packed, size_t pitch, size_t n, size_t depth, float *out,
    size_t stride, bool starts
) {
    float strips[STRIPS * DENSE_HEIGHT * DEPTH] __attribute__((aligned(64)));
    const bool packs = left.row == 1 && n > PANEL;
    const size_t parts = (n + PANEL - 1) / PANEL, next = packed ? PANEL * depth : PANEL;
    for (size_t i = 0; i < m; i += DENSE_HEIGHT) {
        const size_t height = least(m - i, DENSE_HEIGHT), strip = i % (STRIPS * DENSE_HEIGHT);
        const float *a = left.at + i * left.row;
        if (packs && strip == 0) pack_strips(a, left.column, depth, least(m - i, STRIPS * DENSE_HEIGHT), strips);
        if (packs) a = strips + strip * depth;
        const size_t row = packs ? 1 : left.row, step = packs ? DENSE_HEIGHT : left.column;
        const size_t following = least(m - i - height, DENSE_HEIGHT);
        for (size_t part = 0; part < parts; part++) {
            const float *panel = panels + part * next;
            float *to = out + i * stride + part * PANEL;
            for (size_t r = 0; r < height && !starts; r++) fetch(to + r * stride + PANEL, PANEL);
            if (left.column == 1) fetch_strip(a + DENSE_HEIGHT * row, row, depth, following, part, parts);
            if (n - part * PANEL >= PANEL) {
                dense_tile_of(height, a, row, step, panel, pitch, depth, to, stride, starts);
            } else {
                dense_edge(height, a, row, step, panel, depth, to, stride, starts, n - part * PANEL);
            }
        }
    }
}

static void multiply_dense(
    ck_strided left, ck_strided right, size_t m, size_t n, size_t k, float *out, size_t stride, bool adds
) {
    float panels[DEPTH * BREADTH] __attribute__((aligned(64)));
    if (k == 0 && !adds) {
        for (size_t i = 0; i < m; i++) memset(out + i * stride, 0, n * sizeof(float));
    }
    const bool packs = right.column != 1 || right.row > CLOSE_ROWS || m > FEW_ROWS || n % PANEL != 0;
    for (size_t j = 0; j < n; j += BREADTH) {
        const size_t breadth = least(n - j, BREADTH);
        for (size_t p = 0; p < k; p += DEPTH) {
            const size_t depth = least(k - p, DEPTH);
            const float *from = right.at + p * right.row + j * right.column;
            if (packs && right.column == 1) {
                pack_rows(from, right.row, depth, breadth, panels);
            } else if (packs) {
                pack_columns(from, right.column, depth, breadth, panels);
            }
            const ck_strided rows = {left.at + p * left.column, left.row, left.column};
            multiply_panels(
                rows, m, packs ? panels : from, packs, packs ? PANEL : right.row, breadth, depth, out + j, stride,
                p == 0 && !adds);
        }
    }
}

#undef PANEL
#undef DEPTH
#undef BREADTH
#undef FEW_ROWS
#undef CLOSE_ROWS
#undef STRIPS
#undef AHEAD

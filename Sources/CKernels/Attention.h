// Softmax attention of consecutive tokens over a cache, compiled once per level.
//
// Positions are taken in chunks that begin at multiples of 256, with a running maximum (Milakov and Gimelshein, 2018,
// arXiv 1805.02867), so that scores need no memory that grows with the context. Sums begin anew at multiples of
// ck_stretch positions and are combined in ascending order, so that threads may share the stretches of one token. A row
// is one query head of one token; a band of rows goes through the chunks together, so that keys and values come from
// memory once for all of them (Dao et al., 2022, arXiv 2205.14135), and tiles of rows share what is loaded into
// registers. A row's result depends on its query, the positions and nothing else: not on the rows beside it.

/// Rows that meet a chunk while it is in the second cache, and how many components their sums of a stretch may have.
#define BAND 64
#define BAND_COMPONENTS 16384

/// The row's part of a stretch; its sums grow at `sums`, unless it is the row's first: then where its result will be.
INLINE query_row part_of_stretch(const query_row *row, size_t stretch, size_t length, float *sums, size_t head_size) {
    query_row part = *row;
    part.end = least(row->end, stretch + length);
    if (row->first >= stretch) return part;
    part.first = stretch;
    part.out = sums;
    part.most = -INFINITY;
    part.total = part.rest = (f32x16){};
    memset(sums, 0, head_size / 16 * 16 * sizeof(float));
    return part;
}

/// Adds what a row found in its next stretch to what it found before.
static void combine(query_row *row, const query_row *part, size_t head_size) {
    if (part->first >= part->end) return;
    if (part->out == row->out) {
        row->most = part->most;
        row->total = part->total;
        row->rest = part->rest;
        return;
    }
    const f32x16 now = max16(splat(row->most), splat(part->most));
    const f32x16 keep = exp16(splat(row->most) - now), take = exp16(splat(part->most) - now);
    row->most = now[0];
    row->total = fma16(part->total, take, row->total * keep);
    row->rest = fma16(part->rest, take, row->rest * keep);
    for (size_t d = 0; d + 16 <= head_size; d += 16) {
        store(fma16(load_f32x16(part->out + d), take, load_f32x16(row->out + d) * keep), row->out + d);
    }
}

static void finish_row(query_row *row, size_t head_size) {
    const size_t whole = head_size / 16 * 16;
    const float sum = sum16(row->total);
    for (size_t d = 0; d < whole; d += 16) store(load_f32x16(row->out + d) / sum, row->out + d);
    store_part(row->rest / sum, row->out + whole, head_size - whole);
}

/// Takes rows through a chunk, tile by tile.
TILE void attend_chunk(
    const ck_format format, const ck_lookup *lookup, query_row *row, size_t rows, const char *keys, const char *values,
    size_t chunk
) {
    const size_t head_size = lookup->head_size, place = chunk % lookup->ring;
    keys += place / 16 * key_bytes(format, head_size);
    values += place * value_bytes(format, head_size);
    size_t r = 0;
#define TILES(N) \
    for (; N <= ATTENTION_ROWS && rows - r >= N; r += N) { \
        attend_tile(format, N <= ATTENTION_ROWS ? N : 1, row + r, head_size, keys, values, chunk, lookup->scale); \
    }
    TILES(8) TILES(4) TILES(2) TILES(1)
#undef TILES
}

/// Takes parts of rows, all of one stretch, through its chunks.
static void attend_parts(
    const ck_lookup *lookup, query_row *part, size_t rows, const void *keys, const void *values
) {
    for (size_t chunk = part->first / CHUNK * CHUNK; chunk < part[rows - 1].end; chunk += CHUNK) {
        switch (lookup->format) {
#define FORMAT(F) \
    case F: \
        attend_chunk(F, lookup, part, rows, keys, values, chunk); \
        break;
        FORMAT(ck_f32) FORMAT(ck_f16) FORMAT(ck_q8_0)
#undef FORMAT
        default: break;
        }
    }
}

static void attend_band(
    const ck_lookup *lookup, query_row *band, size_t rows, const void *keys, const void *values
) {
    float sums[BAND_COMPONENTS] __attribute__((aligned(64)));
    query_row part[BAND];
    const size_t head_size = lookup->head_size, width = (head_size + 15) / 16 * 16, end = band[rows - 1].end;
    // Heads too wide for a second sum are one stretch.
    const size_t length = width > BAND_COMPONENTS ? SIZE_MAX : ck_stretch;
    for (size_t stretch = band->first / length * length; stretch < end; stretch += least(length, end - stretch)) {
        for (size_t r = 0; r < rows; r++) {
            part[r] = part_of_stretch(band + r, stretch, length, sums + r * width, head_size);
        }
        attend_parts(lookup, part, rows, keys, values);
        for (size_t r = 0; r < rows; r++) combine(band + r, part + r, head_size);
    }
    for (size_t r = 0; r < rows; r++) finish_row(band + r, head_size);
}

static query_row row_of_token(const ck_lookup *lookup, const float *queries, float *out, size_t row) {
    const size_t token = row / lookup->heads, head = row % lookup->heads;
    const size_t at = token * lookup->stride + head * lookup->head_size, end = lookup->position + token + 1;
    return (query_row){
        .query = queries + at, .out = out + at, .first = end > lookup->window ? end - lookup->window : 0, .end = end,
        .most = -INFINITY};
}

static void attend(
    const ck_lookup *lookup, const float *queries, const void *keys, const void *values, float *out
) {
    query_row band[BAND];
    const size_t head_size = lookup->head_size, rows = lookup->tokens * lookup->heads;
    const size_t most = BAND_COMPONENTS / ((head_size + 15) / 16 * 16), together = most < 1 ? 1 : least(most, BAND);
    for (size_t row = 0; row < rows; row += together) {
        const size_t count = least(rows - row, together);
        for (size_t r = 0; r < count; r++) {
            band[r] = row_of_token(lookup, queries, out, row + r);
            memset(band[r].out, 0, head_size / 16 * 16 * sizeof(float));
        }
        attend_band(lookup, band, count, keys, values);
    }
}

/// Where a head's sums of a stretch lie among those that are kept: the sums, the powers' sum, the greatest score.
INLINE float *kept_sums(float *sums, size_t head, size_t head_size) {
    return sums + head * ((head_size + 15) / 16 * 16 + 32);
}

static void attend_stretch(
    const ck_lookup *lookup, const float *queries, const void *keys, const void *values, size_t stretch, float *sums
) {
    const size_t head_size = lookup->head_size, whole = head_size / 16 * 16, width = (head_size + 15) / 16 * 16;
    query_row part[ATTENTION_ROWS];
    for (size_t head = 0; head < lookup->heads; head += ATTENTION_ROWS) {
        const size_t count = least(lookup->heads - head, ATTENTION_ROWS);
        for (size_t r = 0; r < count; r++) {
            const query_row row = row_of_token(lookup, queries, NULL, head + r);
            float *to = kept_sums(sums, head + r, head_size);
            part[r] = part_of_stretch(&row, stretch * ck_stretch, ck_stretch, to, head_size);
            part[r].out = to;
            memset(to, 0, whole * sizeof(float));
        }
        attend_parts(lookup, part, count, keys, values);
        for (size_t r = 0; r < count; r++) {
            store_part(part[r].rest, part[r].out + whole, width - whole);
            store(part[r].total, part[r].out + width);
            part[r].out[width + 16] = part[r].most;
        }
    }
}

static void combine_stretches(const ck_lookup *lookup, float *sums, size_t count, float *out) {
    const size_t head_size = lookup->head_size, whole = head_size / 16 * 16, width = (head_size + 15) / 16 * 16;
    for (size_t head = 0; head < lookup->heads; head++) {
        query_row row = {.out = out + head * head_size};
        for (size_t s = 0; s < count; s++) {
            float *from = kept_sums(sums, s * lookup->heads + head, head_size);
            query_row part = {.out = from, .end = 1, .most = from[width + 16], .total = load_f32x16(from + width)};
            if (whole < width) part.rest = load_f32x16(from + whole);
            if (s == 0) {
                memcpy(row.out, from, whole * sizeof(float));
                part.out = row.out;
            }
            combine(&row, &part, head_size);
        }
        finish_row(&row, head_size);
    }
}

#undef BAND
#undef BAND_COMPONENTS
#undef CHUNK

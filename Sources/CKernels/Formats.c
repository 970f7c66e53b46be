#include "Layout.h"

#include <string.h>

// A group of 16 rows keeps what 16 row-major rows hold, so a group is found at 16 times the bytes of a row.

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

// Half-precision numbers: `[columns][16 rows]`.

/// Two bytes wherever they lie.
typedef uint16_t __attribute__((aligned(1))) half;

static void pack_halves(const half *file, size_t rows, size_t columns, half *group) {
    for (size_t start = 0; start < rows; start += 16, group += columns * 16) {
        const size_t count = least(16, rows - start);
        if (count < 16) memset(group, 0, columns * 32);
        // In strips of columns that stay in the first cache while 16 rows are written into them.
        for (size_t strip = 0; strip < columns; strip += 256) {
            const size_t end = least(columns, strip + 256);
            for (size_t r = 0; r < count; r++) {
                const half *row = file + (start + r) * columns;
                for (size_t c = strip; c < end; c++) group[c * 16 + r] = row[c];
            }
        }
    }
}

static void unpack_halves(const half *packed, size_t row, size_t columns, half *file) {
    const half *group = packed + row / 16 * columns * 16;
    for (size_t c = 0; c < columns; c++) file[c] = group[c * 16 + row % 16];
}

// Blocks: part by part.

/// A part's place in a group: that of block b begins at `start` + b × `step`.
typedef struct {
    size_t start, step;
} place;

/// Finds the places of a layout's parts, of which there are as many as it returns.
static size_t find_places(const ck_layout *layout, size_t blocks, place places[static 6]) {
    size_t sizes[6] = {}, count = 0;
    for (; count < 6 && layout->parts[count].count > 0; count++) {
        const ck_part *part = layout->parts + count;
        places[count].start = sizes[part->area];  // within its area
        sizes[part->area] += 16 * part->count * part->unit;
    }
    for (size_t i = 0; i < count; i++) {
        places[i].step = sizes[layout->parts[i].area];
        for (size_t area = 0; area < layout->parts[i].area; area++) places[i].start += blocks * sizes[area];
    }
    return count;
}

/// Bit 4k + i becomes bit 8i + k.
static uint32_t transposed_bits(uint32_t word) {
    uint32_t result = 0;
    for (int i = 0; i < 32; i++) result |= (word >> i & 1) << (i % 4 * 8 + i / 4);
    return result;
}

/// Bit 8i + k becomes bit 4k + i.
static uint32_t restored_bits(uint32_t word) {
    uint32_t result = 0;
    for (int i = 0; i < 32; i++) result |= (word >> (i % 4 * 8 + i / 4) & 1) << i;
    return result;
}

/// Moves the units of one row of the file to where every 16th unit is the row's.
static void scatter(const ck_part *part, const uint8_t *file, uint8_t *packed, size_t row) {
    file += part->offset;
    packed += row * part->unit;
    switch (part->unit) {
    case 1:
        for (size_t i = 0; i < part->count; i++) packed[i * 16] = file[i];
        break;
    case 2:
        for (size_t i = 0; i < part->count; i++) memcpy(packed + i * 32, file + i * 2, 2);
        break;
    default:
        for (size_t i = 0; i < part->count; i++) {
            uint32_t word;
            memcpy(&word, file + i * 4, 4);
            if (part->bits == flipped) word ^= 0x80808080;
            if (part->bits == transposed) word = transposed_bits(word);
            memcpy(packed + i * 64, &word, 4);
        }
    }
}

/// The converse of `scatter`.
static void collect(const ck_part *part, const uint8_t *packed, uint8_t *file, size_t row) {
    file += part->offset;
    packed += row * part->unit;
    switch (part->unit) {
    case 1:
        for (size_t i = 0; i < part->count; i++) file[i] = packed[i * 16];
        break;
    case 2:
        for (size_t i = 0; i < part->count; i++) memcpy(file + i * 2, packed + i * 32, 2);
        break;
    default:
        for (size_t i = 0; i < part->count; i++) {
            uint32_t word;
            memcpy(&word, packed + i * 64, 4);
            if (part->bits == flipped) word ^= 0x80808080;
            if (part->bits == transposed) word = restored_bits(word);
            memcpy(file + i * 4, &word, 4);
        }
    }
}

static void pack_blocks(const ck_layout *layout, const uint8_t *file, size_t rows, size_t columns, uint8_t *group) {
    const size_t blocks = columns / layout->block.weights, bytes = layout->block.bytes;
    place places[6];
    const size_t parts = find_places(layout, blocks, places);
    for (size_t start = 0; start < rows; start += 16, group += blocks * bytes * 16) {
        const size_t count = least(16, rows - start);
        if (count < 16) memset(group, 0, blocks * bytes * 16);
        for (size_t b = 0; b < blocks; b++) {
            for (size_t r = 0; r < count; r++) {
                const uint8_t *block = file + ((start + r) * blocks + b) * bytes;
                for (size_t i = 0; i < parts; i++) {
                    scatter(layout->parts + i, block, group + places[i].start + b * places[i].step, r);
                }
            }
        }
    }
}

static void unpack_blocks(const ck_layout *layout, const uint8_t *packed, size_t row, size_t columns, uint8_t *file) {
    const size_t blocks = columns / layout->block.weights, bytes = layout->block.bytes;
    const uint8_t *group = packed + row / 16 * blocks * bytes * 16;
    place places[6];
    const size_t parts = find_places(layout, blocks, places);
    for (size_t b = 0; b < blocks; b++, file += bytes) {
        for (size_t i = 0; i < parts; i++) {
            collect(layout->parts + i, group + places[i].start + b * places[i].step, file, row % 16);
        }
    }
}

void ck_pack(ck_format format, const void *file, size_t rows, size_t columns, void *out) {
    const ck_layout *layout = ck_layouts + format;
    if (layout->block.weights > 1) {
        pack_blocks(layout, file, rows, columns, out);
    } else if (layout->block.bytes == 2) {
        pack_halves(file, rows, columns, out);
    } else {
        const size_t bytes = rows * columns * 4, whole = (rows + 15) / 16 * 16 * columns * 4;
        memcpy(out, file, bytes);
        memset((uint8_t *)out + bytes, 0, whole - bytes);
    }
}

void ck_unpack(ck_format format, const void *packed, size_t row, size_t columns, void *file) {
    const ck_layout *layout = ck_layouts + format;
    if (layout->block.weights > 1) {
        unpack_blocks(layout, packed, row, columns, file);
    } else if (layout->block.bytes == 2) {
        unpack_halves(packed, row, columns, file);
    } else {
        memcpy(file, (const uint8_t *)packed + row * columns * 4, columns * 4);
    }
}

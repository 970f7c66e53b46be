// Dot products that are added up in 32 bits at once, for levels that have such an instruction or none at all.

typedef i32x16 dot_sum;

INLINE dot_sum start_dots(i32x16 sum) {
    return sum;
}

INLINE i32x16 whole(dot_sum sum) {
    return sum;
}

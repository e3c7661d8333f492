#include "image/transpose.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace biovil {
namespace {

#if defined(__SSE2__)

/// 16 x 16 bytes. Row i is read at `from + i * from_step` and written at `to + i * to_step`.
inline void transpose_tile(const uint8_t* const from[16], uint8_t* to, size_t to_step) {
  __m128i a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from[i]));
  // Four perfect shuffles of the rows transpose a 16 x 16 matrix.
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 8; i++) {
      b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
      b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
    }
    for (int i = 0; i < 16; i++) a[i] = b[i];
  }
  for (int i = 0; i < 16; i++)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + static_cast<size_t>(i) * to_step), a[i]);
}

#else

inline void transpose_tile(const uint8_t* const from[16], uint8_t* to, size_t to_step) {
  for (size_t i = 0; i < 16; i++) {
    for (size_t j = 0; j < 16; j++) to[j * to_step + i] = from[i][j];
  }
}

#endif

}  // namespace

void rows_to_columns(const uint8_t* const rows[16], size_t first, size_t length, uint8_t* columns) {
  size_t whole = length - length % 16;
  for (size_t x = 0; x < whole; x += 16) {
    const uint8_t* from[16];
    for (size_t i = 0; i < 16; i++) from[i] = rows[i] + first + x;
    transpose_tile(from, columns + x * 16, 16);
  }
  for (size_t x = whole; x < length; x++) {
    for (size_t i = 0; i < 16; i++) columns[x * 16 + i] = rows[i][first + x];
  }
}

void columns_to_rows(const uint8_t* columns, size_t length, uint8_t* rows) {
  for (size_t x = 0; x < length; x += 16) {
    const uint8_t* from[16];
    for (size_t i = 0; i < 16; i++) from[i] = columns + (x + i) * 16;
    transpose_tile(from, rows + x, length);
  }
}

}  // namespace biovil

#pragma once

#include <cstddef>
#include <cstdint>

namespace biovil {

/// Lays 16 rows side by side: byte i of `columns + 16 * x` is `rows[i][first + x]`, for x below `length`.
/// `columns` has room for `length` rounded up to 16.
void rows_to_columns(const uint8_t* const rows[16], size_t first, size_t length, uint8_t* columns);

/// The way back: row i goes to `rows + i * length`. `length` is a multiple of 16.
void columns_to_rows(const uint8_t* columns, size_t length, uint8_t* rows);

}  // namespace biovil

/** Size of the header that `npyHeader` writes, whatever the shape: rows can follow before their number is known. */
export const NPY_HEADER = 128

/** Header of a NumPy file (format 1.0) of little-endian float32 in C order. */
export function npyHeader(dims: readonly number[]): Buffer {
  const header = Buffer.alloc(NPY_HEADER, ' ', 'latin1')
  header.write('\x93NUMPY\x01\x00', 0, 'latin1')
  header.writeUInt16LE(NPY_HEADER - 10, 8)
  header.write(`{'descr': '<f4', 'fortran_order': False, 'shape': (${dims.join(', ')}), }`, 10, 'latin1')
  header.write('\n', NPY_HEADER - 1, 'latin1')
  return header
}

/** YCbCr of 8 bits to RGB, in place, rounded as pydicom does: in single precision, half up. */
export function ybrToRgb(data: Uint8Array | Int8Array): void {
  const { fround } = Math
  const [toRed, toBlue] = [fround(1.402), fround(1.772)]
  const [cbGreen, crGreen] = [fround((-0.114 * 1.772) / 0.587), fround((-0.299 * 1.402) / 0.587)]
  for (let i = 0; i < data.length; i += 3) {
    const y = data[i] as number
    const cb = (data[i + 1] as number) - 128
    const cr = (data[i + 2] as number) - 128
    data[i] = byte(fround(y + fround(toRed * cr)))
    data[i + 1] = byte(fround(fround(y + fround(cbGreen * cb)) + fround(crGreen * cr)))
    data[i + 2] = byte(fround(y + fround(toBlue * cb)))
  }
}

function byte(value: number): number {
  return Math.max(0, Math.min(255, Math.floor(Math.fround(value + 0.5))))
}

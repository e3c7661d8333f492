/** Maps from dark to bright whose order survives colour-blindness and grey printing. */
export type ColormapName = keyof typeof anchors

/** 33 colours of each of Matplotlib's maps, evenly spaced; between them lines. */
const anchors = {
  viridis:
    '440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c1f988b1f' +
    'a08822a78528ae8032b67a3fbc734ec36b5ec96270cf5784d44b98d83eaddc30c2df23d8e219ece51bfde725',
  cividis:
    '00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f70737676767d7c788482798c' +
    '8878938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150f0d846f9e03afee838',
  magma:
    '0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7faa337db73779c43c75d0' +
    '416fdc4869e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf',
  inferno:
    '0000040403120b0724150b37210c4a2f0a5b3d09654a0c6b57106e64156e71196e7d1e6d8a226a972766a32c61b0315bbc3754c73e4cd2' +
    '4644db503be45a31eb6628f1731df68013f98e09fb9d07fcac11fbbc21f9cb35f5db4cf2ea69f3f68afcffa4',
} as const

export const colormapNames = Object.keys(anchors) as [ColormapName, ...ColormapName[]]

/** Colours of a map as 256 x RGB. */
export function colormap(name: ColormapName): Uint8Array {
  const source = Buffer.from(anchors[name], 'hex')
  const steps = source.length / 3 - 1
  return Uint8Array.from({ length: 256 * 3 }, (_, i) => {
    const at = (Math.floor(i / 3) / 255) * steps
    const step = Math.min(Math.floor(at), steps - 1)
    const low = source[step * 3 + (i % 3)] as number
    const high = source[(step + 1) * 3 + (i % 3)] as number
    return Math.round(low + (high - low) * (at - step))
  })
}

/** The anchors of a map as `#rrggbb`, darkest first. */
export function colormapStops(name: ColormapName): string[] {
  return (anchors[name].match(/.{6}/g) as string[]).map((hex) => `#${hex}`)
}

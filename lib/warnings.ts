/**
 * Every warning about a film carries one of these stable codes in `warning.code`. A warning never changes what is
 * computed: it names something that a person should look at.
 */
export const warningCodes = {
  // How the values became grey
  WARN_POLARITY: 'Something that a viewer applies was left out: an inversion, a table, a rescale, a window.',
  WARN_CONTRADICTION:
    'Two statements of the file about its values exclude each other; the message says which was kept.',
  WARN_WINDOW:
    'A window or VOI LUT is not what the standard allows; the message says how it was read, or that it was left out.',
  WARN_RESCALE:
    'A rescale or modality LUT is not what the standard allows; the message says how it was read, or that it was left out.',
  WARN_CONSTANT: 'All pixels have the same value: the film is black.',
  WARN_RANGE:
    'A few extreme pixels take up most of the grey range, so the anatomy is left with little of it.',
  WARN_NON_FINITE: 'Some samples are NaN or infinite.',
  WARN_ALPHA: 'The image has an alpha channel, which takes part in the grey stretch.',
  WARN_COLOUR: 'The image is CMYK, whose inks were taken for red, green, blue and alpha.',
  // How the pixels lie
  WARN_ORIENTATION: 'The file asks for its rows and columns to be turned or mirrored, which was not done.',
  WARN_ASPECT: 'The pixels are not square, so the film is squeezed or stretched.',
  WARN_FRAMES:
    'The file has several frames or pages, or an impossible number of them; the message says which was taken.',
  // What was photographed
  WARN_MODALITY: 'The modality is not a radiograph.',
  WARN_BODY_PART: 'The body part is not the chest.',
  WARN_LATERAL: 'The view is lateral; the models were trained on frontal films.',
  WARN_FOR_PROCESSING: "The film is the detector's raw image, made for processing and not for presentation.",
  WARN_BURNED_IN: 'Annotations are burned into the pixels; they may identify the patient.',
} as const

/** A stable warning code; the values of {@link warningCodes} say what each one means. */
export type WarningCode = keyof typeof warningCodes

/** Something about an image that a person should look at. */
export interface ImageWarning {
  readonly code: WarningCode
  readonly message: string
}

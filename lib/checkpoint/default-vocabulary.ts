/** In the order of the published vocabularies. */
export const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const

const words = `
  a abdomen abnormal abnormality acute adjacent airspace and angle aorta aortic apex apical appears are area artery as
  at atelectasis atrium base bases basilar be bilateral blunting bone bony bones both bowel but calcified cardiac
  cardiomegaly cardiomediastinal catheter central change changes chest chronic clear collapse comparison congestion
  consolidation contour costophrenic cannot could degenerative demonstrate demonstrates density described device
  diaphragm diffuse dilated disease edema effusion effusions elevated elevation emphysema enlarged enlargement evaluation
  evidence examination excluded exclude extending fibrosis field fields film finding findings focal focus for fracture
  free frontal gas given granuloma has have heart hemidiaphragm hernia hiatal hilar hilum history hyperinflated
  hyperinflation impression in increased increase indication infection infiltrate infiltrates inspiration intact interstitial
  interval is it joint large lateral left lesion likely limits line linear lobe lobes low lower lung lungs marked mass
  may medial mediastinal mediastinum mid middle mild mildly minimal moderate multiple new no nodular nodule nodules non
  normal not noted of old on opacities opacity or osseous otherwise overlying pacemaker patchy patient picc pleural
  pneumonia pneumothorax port portable position possible prior probably process prominent prosthesis pulmonary quadrant
  radiograph region related remain remains represent residual rib ribs right round scarring scoliosis see seen severe
  shadow shoulder side silhouette since size slight slightly small soft spine stable status sternotomy stomach
  structures study subsegmental suggest suspected tension the there thickening thoracic thorax tip tissue to trachea
  tube two unchanged unremarkable upper vascular vasculature vein venous ventricle vertebral vessel view views visible
  visualized volume volumes was wall well were which width with within without
  ##s ##es ##ed ##ing ##ly ##al ##ity ##ation ##ic ##ular ##itis ##osis ##oma
`

/**
 * A small vocabulary of our own, so that untrained models can be made without a published one: special tokens, every
 * printable ASCII character alone and as a continuation, and frequent words of chest reports.
 */
export function defaultVocabulary(): string[] {
  const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
  const characters = printable.filter((character) => character === character.toLowerCase())
  const continuations = characters.map((character) => `##${character}`)
  return [...new Set([...specialTokens, ...characters, ...continuations, ...words.trim().split(/\s+/)])]
}

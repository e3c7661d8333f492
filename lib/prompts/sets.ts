/** Sentences that a film with the finding would match, and sentences that one without it would. */
interface Pair {
  readonly positive: readonly string[]
  readonly negative: readonly string[]
}

/**
 * One line a finding. The first pair, pneumonia, is the reference's own, from its zero-shot test; the others are ours:
 * plain statements as radiologists write them, several a side since the mean of several moves less with wording than one.
 */
const pneumonia: Pair = {
  positive: [
    'Findings consistent with pneumonia',
    'Findings suggesting pneumonia',
    'This opacity can represent pneumonia',
    'Findings are most compatible with pneumonia',
  ],
  negative: [
    'There is no pneumonia',
    'No evidence of pneumonia',
    'No evidence of acute pneumonia',
    'No signs of pneumonia',
  ],
}

const atelectasis: Pair = {
  positive: [
    'There is atelectasis',
    'Bibasilar atelectasis is present',
    'Volume loss with linear opacities consistent with atelectasis',
    'Opacity at the lung base most likely represents atelectasis',
  ],
  negative: [
    'There is no atelectasis',
    'No evidence of atelectasis',
    'The lungs are well expanded',
    'No volume loss is seen',
  ],
}

const cardiomegaly: Pair = {
  positive: [
    'There is cardiomegaly',
    'The heart is enlarged',
    'The cardiac silhouette is enlarged',
    'Heart size is increased',
  ],
  negative: [
    'There is no cardiomegaly',
    'The heart size is normal',
    'The cardiac silhouette is normal in size',
    'The heart is not enlarged',
  ],
}

const consolidation: Pair = {
  positive: [
    'There is consolidation',
    'There is a focal consolidation',
    'Dense airspace opacity consistent with consolidation',
    'Consolidation with air bronchograms is seen',
  ],
  negative: [
    'There is no consolidation',
    'There is no focal consolidation',
    'No evidence of airspace consolidation',
    'The lungs are clear without consolidation',
  ],
}

const edema: Pair = {
  positive: [
    'There is pulmonary edema',
    'Findings consistent with pulmonary edema',
    'Interstitial edema is present',
    'Perihilar haziness and vascular congestion suggest edema',
  ],
  negative: [
    'There is no pulmonary edema',
    'No evidence of pulmonary edema',
    'No interstitial edema is seen',
    'The pulmonary vasculature is normal without edema',
  ],
}

const opacity: Pair = {
  positive: [
    'There is a lung opacity',
    'Opacity is seen in the lung',
    'There is a patchy airspace opacity',
    'Hazy opacities are present in the lungs',
  ],
  negative: [
    'There is no lung opacity',
    'No focal opacity is seen',
    'The lungs are clear',
    'No airspace opacities are present',
  ],
}

const effusion: Pair = {
  positive: [
    'There is a pleural effusion',
    'A pleural effusion is present',
    'Blunting of the costophrenic angle consistent with pleural effusion',
    'Bilateral pleural effusions are seen',
  ],
  negative: [
    'There is no pleural effusion',
    'No evidence of pleural effusion',
    'The costophrenic angles are sharp',
    'No pleural effusions are seen',
  ],
}

const pneumothorax: Pair = {
  positive: [
    'There is a pneumothorax',
    'A pneumothorax is present',
    'Apical pneumothorax with a visible pleural line',
    'Findings consistent with pneumothorax',
  ],
  negative: [
    'There is no pneumothorax',
    'No evidence of pneumothorax',
    'No pneumothorax is seen',
    'No pleural line to suggest pneumothorax',
  ],
}

const mediastinum: Pair = {
  positive: [
    'There is widening of the mediastinum',
    'The mediastinum is widened',
    'The cardiomediastinal silhouette is enlarged',
    'Enlarged mediastinal contours are seen',
  ],
  negative: [
    'There is no mediastinal widening',
    'The mediastinum is not widened',
    'The cardiomediastinal silhouette is normal',
    'The mediastinal contours are normal',
  ],
}

const lesion: Pair = {
  positive: [
    'There is a lung nodule',
    'There is a lung mass',
    'A nodular opacity is seen in the lung',
    'Findings suspicious for a lung lesion',
  ],
  negative: [
    'There is no lung nodule',
    'There is no lung mass',
    'No suspicious nodular opacity is seen',
    'No evidence of a lung lesion',
  ],
}

const pleuralOther: Pair = {
  positive: [
    'There is pleural thickening',
    'Pleural scarring is present',
    'Pleural plaques are seen',
    'Biapical pleural thickening is seen',
  ],
  negative: [
    'There is no pleural thickening',
    'No pleural scarring is seen',
    'There are no pleural plaques',
    'The pleural surfaces are normal',
  ],
}

const fracture: Pair = {
  positive: [
    'There is a rib fracture',
    'A displaced fracture is seen',
    'Healed rib fractures are present',
    'There is an acute fracture',
  ],
  negative: [
    'There is no fracture',
    'No rib fracture is seen',
    'No acute osseous abnormality',
    'The bones are intact',
  ],
}

const devices: Pair = {
  positive: [
    'A support device is in place',
    'An endotracheal tube is in place',
    'A central venous catheter is in place',
    'Pacemaker leads are in place',
  ],
  negative: [
    'There are no support devices',
    'No lines or tubes are seen',
    'There is no catheter',
    'There is no pacemaker',
  ],
}

const normal: Pair = {
  positive: [
    'No acute cardiopulmonary abnormality',
    'Normal chest radiograph',
    'The lungs are clear and the heart size is normal',
    'No abnormal findings are seen',
  ],
  negative: [
    'There is an acute cardiopulmonary abnormality',
    'Abnormal chest radiograph',
    'There are abnormal findings in the lungs',
    'Several abnormalities are present',
  ],
}

/** Prompts of each label in each built-in set. */
export const builtIn = {
  pneumonia: { Pneumonia: pneumonia },
  'ms-cxr': {
    Atelectasis: atelectasis,
    Cardiomegaly: cardiomegaly,
    Consolidation: consolidation,
    Edema: edema,
    'Lung Opacity': opacity,
    'Pleural Effusion': effusion,
    Pneumonia: pneumonia,
    Pneumothorax: pneumothorax,
  },
  chexpert: {
    'No Finding': normal,
    'Enlarged Cardiomediastinum': mediastinum,
    Cardiomegaly: cardiomegaly,
    'Lung Opacity': opacity,
    'Lung Lesion': lesion,
    Edema: edema,
    Consolidation: consolidation,
    Pneumonia: pneumonia,
    Atelectasis: atelectasis,
    Pneumothorax: pneumothorax,
    'Pleural Effusion': effusion,
    'Pleural Other': pleuralOther,
    Fracture: fracture,
    'Support Devices': devices,
  },
} as const satisfies Record<string, Record<string, Pair>>

// The three prompts of the CXR-BERT model card and their 3 x 3 matrix of cosine similarities.
// node examples/three-prompts.mjs [NAME|DIR]
import { loadModel } from 'biovil'

const prompts = [
  'There is no pneumothorax or pleural effusion',
  'No pleural effusion or pneumothorax is seen',
  'The extent of the pleural effusion is constant.',
]

const model = await loadModel(process.argv[2] ?? 'biovil-demo')
const { scores } = await model.similarity(prompts)
for (const row of scores) console.log(row.map((score) => score.toFixed(3).padStart(7)).join(''))
if (model.untrained) console.log('(untrained weights: the numbers mean nothing)')
if (model.demonstration) console.log('(a demonstration model, trained on drawn phantoms)')
await model.close()

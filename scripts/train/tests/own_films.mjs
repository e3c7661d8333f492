// What `biovil` makes of model directories: node own_films.mjs DIST < {directories, texts, films}
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const { loadModel } = await import(pathToFileURL(join(process.argv[2], 'index.js')).href)
const { directories, texts, films } = JSON.parse(await text(process.stdin))
const found = {}
for (const directory of directories) {
  for (const weights of ['safetensors', 'pytorch']) {
    const model = await loadModel(directory, { device: 'cpu', weights })
    const { untrained, demonstration, facts } = model
    const result = { untrained, demonstration }
    if (facts.text) result.texts = [...(await model.embedText(texts))].map((row) => [...row])
    if (facts.image) result.films = [...(await model.embedImage(films))].map((row) => [...row])
    if (facts.text && facts.image) {
      const { scores } = await model.similarity(
        films.map((image) => ({ image })),
        texts,
      )
      result.scores = [...scores]
    }
    await model.close()
    found[`${directory} ${weights}`] = result
  }
}
process.stdout.write(JSON.stringify(found))

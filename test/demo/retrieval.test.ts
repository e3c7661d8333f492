import assert from 'node:assert/strict'
import { Embeddings, type SearchResult, search } from 'biovil'
import { isTrueOf, type Phantoms, phantoms, type Study, share } from './phantoms.js'
import { reaches } from './thresholds.js'

describe('the demonstration model finds', function () {
  this.timeout(120_000)
  let all: Phantoms
  /** Studies whose impression says something. */
  let told: readonly Study[]
  let films: Embeddings
  let reports: Embeddings
  before(async () => {
    all = await phantoms()
    told = all.studies.filter(({ stated }) => stated.length > 0)
    const d = all.model.dimension
    const data = new Float32Array(all.encodings.length * d)
    for (const [i, { global }] of all.encodings.entries()) data.set(global, i * d)
    films = new Embeddings(data, [all.encodings.length, d], { normalized: false, demonstration: true })
    reports = await all.model.embedText(told.map(({ report }) => report.impression))
  })

  /** How often one of the first k results is right. */
  const recall = (found: SearchResult[][], k: number, isRight: (asked: number, found: number) => boolean) =>
    share(found.map((results, i) => results.slice(0, k).some(({ index }) => isRight(i, index))))
  const isTrue = (report: number, film: number) =>
    isTrueOf(told[report] ?? assert.fail(), all.studies[film] ?? assert.fail())

  it("a film's own impression, and an impression's own film", async () => {
    const own = told.map((study) => all.studies.indexOf(study))
    const [byFilm, byReport] = [await search(films, reports, 10), await search(reports, films, 10)]
    // Films without an impression that says something have none of their own to find.
    const asked = own.map((film) => byFilm[film] ?? assert.fail())
    for (const k of [1, 5, 10]) {
      reaches(
        `reportRecall@${k}`,
        recall(asked, k, (i, report) => report === i),
      )
      reaches(
        `filmRecall@${k}`,
        recall(byReport, k, (report, film) => film === own[report]),
      )
    }
  })

  it('an impression that is true of a film', async () => {
    const found = await search(films, reports, 5)
    const isRight = (film: number, report: number) => isTrue(report, film)
    reaches('topReport', recall(found, 1, isRight), found.length)
    assert.ok(recall(found, 5, isRight) >= recall(found, 1, isRight))
  })

  it('a film of which an impression is true', async () => {
    const found = await search(reports, films, 5)
    reaches('topFilm', recall(found, 1, isTrue))
    assert.ok(recall(found, 5, isTrue) >= recall(found, 1, isTrue))
  })
})

// mocha's own report, and last the totals as one line that scripts can read.
const { Spec } = require('mocha').reporters

module.exports = class Totals extends Spec {
  epilogue() {
    super.epilogue()
    const { passes, failures, pending } = this.stats
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`)
  }
}

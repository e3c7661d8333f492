/**
 * Registers a suite that needs the folder of real reports and films in BIOVIL_TEST_DATA.
 * Without it one pending test says so, so that the totals never hide it.
 */
export function withTestData(title: string, suite: (folder: string) => void): void {
  const folder = process.env['BIOVIL_TEST_DATA']
  describe(title, () => {
    if (folder) suite(folder)
    else it('needs real data: set BIOVIL_TEST_DATA to its folder')
  })
}

import type { FileHandle } from 'node:fs/promises'
import { corrupt, readExactly, truncated, unsupported } from './file.js'
import { unpickle } from './pickle.js'
import type { Storage } from './pickle-values.js'
import { pickleError, type StorageBytes, stateDictRows } from './state-dict.js'
import type { FileIndex, TensorRow } from './types.js'
import { markerMember } from './write-pytorch.js'
import { readZip, verifyMember, type ZipMember } from './zip.js'

/** A BERT-base state dict has 40 kB. */
const maxPickleBytes = 16 * 1024 * 1024

/** Reads the index of a file of `torch.save` since torch 1.6: a zip with a small pickle and one member a storage. */
export async function openPytorch(handle: FileHandle, path: string, size: number): Promise<FileIndex> {
  const members = await readZip(handle, path, size)
  const root = archiveRoot(members, path)
  await requireLittleEndian(handle, path, members.get(`${root}/byteorder`))
  const value = await readPickle(handle, path, members.get(`${root}/data.pkl`))
  const tensors = stateDictRows(value, path, (storage) => locate(members, root, storage, path))
  const metadata = await readMarker(handle, path, members.get(`${root}/${markerMember}`))
  const opened = { format: 'pytorch' as const, tensors, metadata }
  // torch can be told to leave them out, and then writes 0 everywhere.
  if ([...members.values()].every((member) => member.crc32 === 0)) return opened
  return {
    ...opened,
    async verify(file, options) {
      for (const member of members.values()) {
        await verifyMember(file, path, member, () => describe(member, tensors), options)
      }
    },
  }
}

/** The archive's folder has any name: torch takes it from the name of the file that was saved. */
function archiveRoot(members: ReadonlyMap<string, ZipMember>, path: string): string {
  const pickles = [...members.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name))
  const root = pickles[0]?.slice(0, -'/data.pkl'.length)
  if (root === undefined)
    throw unsupported(path, 'the zip file holds no data.pkl, so torch.save did not write it')
  if (pickles.length > 1) throw corrupt(path, 'it holds two archives')
  if (members.has(`${root}/constants.pkl`)) {
    throw unsupported(
      path,
      'this is a TorchScript program; expected weights, as of torch.save(model.state_dict())',
    )
  }
  return root
}

async function requireLittleEndian(
  handle: FileHandle,
  path: string,
  member: ZipMember | undefined,
): Promise<void> {
  if (member === undefined) return // Older than torch 2.1, which wrote no such record on little-endian machines.
  if (member.size > 16) throw corrupt(path, 'its byteorder record is too long')
  const order = (await readExactly(handle, path, member.offset, member.size)).toString('latin1')
  if (order === 'little') return
  if (order === 'big')
    throw unsupported(path, 'written on a big-endian machine; save it again on a little-endian one')
  throw corrupt(path, 'its byteorder record is neither little nor big')
}

/** What the file says of its weights: untrained or a demonstration, framing. A mark that cannot be read must not pass for none. */
async function readMarker(
  handle: FileHandle,
  path: string,
  member: ZipMember | undefined,
): Promise<Record<string, string>> {
  if (member === undefined) return {}
  if (member.size > 4096) throw corrupt(path, `its ${markerMember} is too long`)
  const text = (await readExactly(handle, path, member.offset, member.size)).toString('utf8')
  try {
    const entries = Object.entries(JSON.parse(text) as object)
    return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]))
  } catch {
    throw corrupt(path, `its ${markerMember} is not JSON`)
  }
}

async function readPickle(handle: FileHandle, path: string, member: ZipMember | undefined) {
  if (member === undefined) throw corrupt(path, 'data.pkl is missing')
  if (member.size > maxPickleBytes) {
    throw unsupported(
      path,
      `its pickle has ${member.size} bytes, more than the ${maxPickleBytes} of any state dict`,
    )
  }
  try {
    return unpickle(await readExactly(handle, path, member.offset, member.size)).value
  } catch (error) {
    throw pickleError(path, error)
  }
}

function locate(
  members: ReadonlyMap<string, ZipMember>,
  root: string,
  storage: Storage,
  path: string,
): StorageBytes {
  const name = `${root}/data/${storage.key}`
  const member = members.get(name)
  if (member === undefined) throw truncated(path, `member ${name} is missing`)
  return member
}

function describe(member: ZipMember, tensors: ReadonlyMap<string, TensorRow>): string {
  const names = [...tensors.values()]
    .filter((row) => row.offset >= member.offset && row.offset < member.offset + member.size)
    .map((row) => row.name)
  return names.length > 0 ? `${names.join(', ')} (member ${member.name})` : `member ${member.name}`
}

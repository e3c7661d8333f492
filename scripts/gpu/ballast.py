"""Takes the memory of the first GPU but for some MiB, says so in one line, and gives it back when stdin ends."""

import sys

import torch

leave = int(sys.argv[1]) * 2**20
taken = []
step = 2**30
while step >= 2**20:
    free, _ = torch.cuda.mem_get_info()
    if free - leave < step:
        step //= 2
        continue
    try:
        taken.append(torch.empty(step, dtype=torch.uint8, device="cuda"))
    except torch.cuda.OutOfMemoryError:
        step //= 2
print(f"{torch.cuda.mem_get_info()[0] / 2**20:.0f} MiB", flush=True)
sys.stdin.read()

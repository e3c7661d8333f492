#include "engine/numerics.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <atomic>
#include <cstring>

namespace biovil {
namespace {

/// Elements looked at between two questions whether one was found.
constexpr int64_t kBlock = 16384;

/// An exponent of ones only is that of NaN and infinity. Without a branch, so that it becomes vector code.
template <typename Bits>
bool has_non_finite(const Bits* bits, int64_t count, Bits exponent) {
  Bits found = 0;
  for (int64_t i = 0; i < count; i++) found |= static_cast<Bits>((bits[i] & exponent) == exponent);
  return found != 0;
}

/// As many bytes as a block of a thread; the pages of a mapped file are read as they are touched.
template <typename Bits>
int64_t first_non_finite(const void* data, int64_t count, Bits exponent) {
  const auto* bits = static_cast<const Bits*>(data);
  std::atomic<int64_t> first{count};
  at::parallel_for(0, (count + kBlock - 1) / kBlock, 16, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; block++) {
      const int64_t start = block * kBlock;
      if (start >= first) return;
      const int64_t length = std::min(kBlock, count - start);
      if (!has_non_finite(bits + start, length, exponent)) continue;
      int64_t at = start;
      while ((bits[at] & exponent) != exponent) at++;
      for (int64_t known = first; at < known && !first.compare_exchange_weak(known, at);) continue;
    }
  });
  return first == count ? -1 : first.load();
}

}  // namespace

void require_full_float32() {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setAllowTF32CuBLAS(false);
}

bool allows_tf32() { return at::globalContext().allowTF32CuDNN() || at::globalContext().allowTF32CuBLAS(); }

int64_t first_non_finite(const at::Tensor& tensor) {
  if (!tensor.is_floating_point() || tensor.numel() == 0) return -1;
  if (!tensor.is_cpu()) {
    if (at::isfinite(tensor).all().item<bool>()) return -1;
    return first_non_finite(tensor.to(at::kCPU));
  }
  const at::Tensor dense = tensor.contiguous();
  const void* data = dense.const_data_ptr();
  const int64_t count = dense.numel();
  switch (dense.scalar_type()) {
    case at::kFloat:
      return first_non_finite<uint32_t>(data, count, 0x7f80'0000);
    case at::kHalf:
      return first_non_finite<uint16_t>(data, count, 0x7c00);
    case at::kBFloat16:
      return first_non_finite<uint16_t>(data, count, 0x7f80);
    case at::kDouble:
      return first_non_finite<uint64_t>(data, count, 0x7ff0'0000'0000'0000);
    default:
      return -1;
  }
}

}  // namespace biovil

#pragma once

#include <ATen/core/Tensor.h>

namespace biovil {

/// Has CUDA compute float32 as float32. libtorch lets cuDNN convolve in TF32, which keeps 10 bits of 23 and
/// is no parity. Not measured on CUDA.
void require_full_float32();
bool allows_tf32();

/// Index, in row-major order, of the first element that is NaN or infinite, or -1. Types that have none pass.
int64_t first_non_finite(const at::Tensor& tensor);

}  // namespace biovil

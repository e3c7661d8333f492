#pragma once

#include <cstddef>

#include "engine.h"

namespace biovil {

/// `cpu`, then every CUDA device that libtorch can use. Writes at most `capacity` and returns how many there
/// are.
size_t list_devices(DeviceInfo* out, size_t capacity);

}  // namespace biovil

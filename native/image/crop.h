#pragma once

#include <cstdint>

namespace biovil {

/// A run of cells along one axis of the resized image.
struct Span {
  int64_t size;   // of the whole axis after resizing
  int64_t start;  // of the crop
};

/// Where the crop lies after an image's shorter side was resized to `resize`.
struct CropPlan {
  Span x;
  Span y;
  int64_t crop;
  /// Whether to resize along y before x. The two orders round differently, by one grey level at most.
  bool columns_first;
};

/// As torchvision's Resize and CenterCrop: the longer side is truncated, the offset rounds half to even. The
/// order of axes is that of Pillow 13, which takes a tall image, of more than about twice its width, by
/// columns first; Pillow 12 did so only at a hundred times, and earlier ones never. Expects 1 <= crop <=
/// resize.
CropPlan plan_crop(int64_t width, int64_t height, int64_t resize, int64_t crop);

}  // namespace biovil

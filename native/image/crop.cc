#include "image/crop.h"

namespace biovil {
namespace {

int64_t half_to_even(int64_t doubled) {
  int64_t half = doubled / 2;
  return doubled % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

}  // namespace

CropPlan plan_crop(int64_t width, int64_t height, int64_t resize, int64_t crop) {
  int64_t shorter = width < height ? width : height;
  int64_t longer = width < height ? height : width;
  auto stretched = static_cast<int64_t>(static_cast<double>(resize * longer) / static_cast<double>(shorter));
  int64_t new_width = width <= height ? resize : stretched;
  int64_t new_height = width <= height ? stretched : resize;
  bool columns_first = new_height < height && height - new_height > 2 * (width - new_width);
  return {{new_width, half_to_even(new_width - crop)},
          {new_height, half_to_even(new_height - crop)},
          crop,
          columns_first};
}

}  // namespace biovil

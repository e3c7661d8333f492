#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "addon/contract.h"
#include "addon/plant.h"
#include "addon/read.h"
#include "addon/runtime.h"
#include "image/prepare.h"

namespace biovil {
namespace {

SampleType sample_type(Napi::TypedArray samples) {
  switch (samples.TypedArrayType()) {
    case napi_uint8_array:
      return SampleType::kUint8;
    case napi_int8_array:
      return SampleType::kInt8;
    case napi_uint16_array:
      return SampleType::kUint16;
    case napi_int16_array:
      return SampleType::kInt16;
    case napi_uint32_array:
      return SampleType::kUint32;
    case napi_int32_array:
      return SampleType::kInt32;
    case napi_float32_array:
      return SampleType::kFloat32;
    case napi_float64_array:
      return SampleType::kFloat64;
    default:
      throw CodedError("ERR_NATIVE", "An array that binding.d.ts does not name was let through");
  }
}

/// Now and not when it was read: a getter that ran since may have taken or shrunk its memory.
Pixels read_pixels(Napi::TypedArray samples, const FilmOptions& options, size_t& length) {
  void* data = nullptr;
  Pixels pixels = {sample_type(samples), nullptr, 0, 0, 0};
  NAPI_THROW_IF_FAILED(
      samples.Env(),
      napi_get_typedarray_info(samples.Env(), samples, nullptr, &length, &data, nullptr, nullptr), pixels);
  pixels.data = data;
  pixels.width = options.width;
  pixels.height = options.height;
  pixels.channels = static_cast<int>(std::min<int64_t>(options.channels, 5));
  return pixels;
}

/// NaN, which `check` refuses, where they are not two.
std::array<double, 2> read_percentiles(Napi::TypedArray array) {
  auto values = array.As<Napi::Float64Array>();
  if (values.ElementLength() == 2) return {values[0], values[1]};
  return {std::nan(""), std::nan("")};
}

void check(Napi::Env env, const Pixels& pixels, const PrepareSettings& settings, size_t length) {
  if (!can_prepare(pixels, settings) || pixels.row_length() * static_cast<size_t>(pixels.height) != length) {
    throw coded(Napi::RangeError::New(env, "The sizes of a film do not fit each other or its " +
                                               std::to_string(length) + " samples"),
                "ERR_OUT_OF_RANGE");
  }
}

Napi::Uint8Array make_bytes(Napi::Env env, const std::vector<uint8_t>& from) {
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, from.size());
  if (!from.empty()) std::memcpy(bytes.Data(), from.data(), from.size());
  return bytes;
}

/// Works on memory that belongs to JavaScript and is kept alive by a reference. Where the job is dropped
/// because its environment ends, the environment frees the reference, after it has waited for this job.
class PrepareJob : public ResultJob<FilmPixels> {
 public:
  PrepareJob(Napi::Env env, Napi::Value samples, const Pixels& pixels, const PrepareSettings& settings)
      : ResultJob(env), pixels_(pixels), settings_(settings) {
    NAPI_THROW_IF_FAILED_VOID(env, napi_create_reference(env, samples, 1, &samples_));
  }

 private:
  void work() override {
    plant_fault();
    image_ = prepare(pixels_, settings_);
  }
  void release(Napi::Env env) override { napi_delete_reference(env, samples_); }

  FilmPixels value(Napi::Env env) override {
    FilmPixels pixels;
    pixels.crop = make_bytes(env, image_.crop);
    if (settings_.film) pixels.film = make_bytes(env, image_.film);
    pixels.mean_grey = image_.mean_grey;
    pixels.constant = image_.constant;
    pixels.non_finite = static_cast<double>(image_.non_finite);
    pixels.spread = image_.spread;
    return pixels;
  }

  napi_ref samples_ = nullptr;
  const Pixels pixels_;
  const PrepareSettings settings_;
  PreparedImage image_;
};

}  // namespace

Queued<FilmPixels> Exports::prepare_film(Napi::Env env, Napi::TypedArray samples, FilmOptions options) {
  size_t length = 0;
  const Pixels pixels = read_pixels(samples, options, length);
  const auto [low, high] = read_percentiles(options.percentiles);
  const PrepareSettings settings = {options.resize, options.crop, options.film, low, high};
  check(env, pixels, settings, length);
  return {Runtime::instance().film_threads(), std::make_unique<PrepareJob>(env, samples, pixels, settings)};
}

}  // namespace biovil

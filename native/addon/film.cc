#include "addon/film.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "addon/program_class.h"
#include "addon/read.h"
#include "addon/runtime.h"
#include "image/prepare.h"

namespace biovil {
namespace {

SampleType sample_type(Napi::TypedArray samples) {
  switch (samples.TypedArrayType()) {
    case napi_uint8_array:
    case napi_uint8_clamped_array:
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
      throw coded(Napi::TypeError::New(samples.Env(), "Expected no array of BigInt for samples"),
                  "ERR_INVALID_ARG_TYPE");
  }
}

// binding.d.ts: FilmOptions
PrepareSettings read_film_options(Napi::Value value, Pixels& pixels) {
  Napi::Object from = as_object(value, "options");
  pixels.width = read_integer(from, "width");
  pixels.height = read_integer(from, "height");
  pixels.channels = static_cast<int>(std::min<int64_t>(read_integer(from, "channels"), 5));
  PrepareSettings settings;
  settings.resize = read_integer(from, "resize");
  settings.crop = read_integer(from, "crop");
  settings.film = read_boolean(from, "film");
  return settings;
}

Pixels read_samples(Napi::Value value) {
  if (!value.IsTypedArray()) {
    throw coded(Napi::TypeError::New(value.Env(), "Expected a typed array for samples"),
                "ERR_INVALID_ARG_TYPE");
  }
  auto samples = value.As<Napi::TypedArray>();
  Pixels pixels = {sample_type(samples), nullptr, 0, 0, 0};
  void* data = nullptr;
  napi_status status =
      napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr);
  NAPI_THROW_IF_FAILED(value.Env(), status, pixels);
  pixels.data = data;
  return pixels;
}

void check(Napi::Env env, const Pixels& pixels, const PrepareSettings& settings, size_t length) {
  if (!can_prepare(pixels, settings) || pixels.row_length() * static_cast<size_t>(pixels.height) != length) {
    throw coded(Napi::RangeError::New(env, "The sizes of a film do not fit each other or its " +
                                               std::to_string(length) + " samples"),
                "ERR_OUT_OF_RANGE");
  }
}

Napi::Value write_bytes(Napi::Env env, const std::vector<uint8_t>& from) {
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, from.size());
  if (!from.empty()) std::memcpy(bytes.Data(), from.data(), from.size());
  return bytes;
}

// binding.d.ts: FilmPixels
Napi::Value write_film_pixels(Napi::Env env, const PreparedImage& image) {
  Napi::Object to = Napi::Object::New(env);
  Napi::Value bytes = write_bytes(env, image.crop);
  to.Set("crop", bytes);
  if (!image.film.empty()) {
    bytes = write_bytes(env, image.film);
    to.Set("film", bytes);
  }
  to.Set("meanGrey", Napi::Number::New(env, image.mean_grey));
  to.Set("constant", Napi::Boolean::New(env, image.constant));
  to.Set("nonFinite", Napi::Number::New(env, static_cast<double>(image.non_finite)));
  return to;
}

/// Works on memory that belongs to JavaScript and is kept alive by a reference. Where the job is dropped
/// because its environment ends, the environment frees the reference, after it has waited for this job.
class PrepareJob : public PromiseJob {
 public:
  PrepareJob(Napi::Env env, Napi::Value samples, const Pixels& pixels, const PrepareSettings& settings)
      : PromiseJob(env), pixels_(pixels), settings_(settings) {
    NAPI_THROW_IF_FAILED_VOID(env, napi_create_reference(env, samples, 1, &samples_));
  }

 private:
  void work() override { image_ = prepare(pixels_, settings_); }
  void release(Napi::Env env) override { napi_delete_reference(env, samples_); }
  Napi::Value result(Napi::Env env) override { return write_film_pixels(env, image_); }

  napi_ref samples_ = nullptr;
  const Pixels pixels_;
  const PrepareSettings settings_;
  PreparedImage image_;
};

}  // namespace

Napi::Value prepare_film(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&info]() -> Napi::Value {
    Pixels pixels = read_samples(info[0]);
    PrepareSettings settings = read_film_options(info[1], pixels);
    check(info.Env(), pixels, settings, info[0].As<Napi::TypedArray>().ElementLength());
    auto job = std::make_unique<PrepareJob>(info.Env(), info[0], pixels, settings);
    Napi::Promise promise = job->promise();
    auto environment = info.Env().GetInstanceData<AddonData>()->environment;
    environment->submit(Runtime::instance().film_threads(), std::move(job));
    return promise;
  });
}

}  // namespace biovil

// Generated from binding.d.ts by `npm run format`; do not edit.
// clang-format off
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "addon/program_instance.h"
#include "addon/queued.h"
#include "engine.h"

namespace biovil {

struct Tensor {
  ElementType type{};
  std::vector<int64_t> dims;
  Napi::TypedArray data;
};

struct EngineOptions {
  std::vector<std::string> libraries;
  std::vector<std::string> companions;
  std::string engine;
  bool any_version = false;
};

struct EngineInfo {
  std::string libtorch;
  std::string directory;
  std::string compiled_for;
  bool cuda = false;
  bool tf32 = false;
};

struct Device {
  std::string id;
  std::string name;
  double total_memory = 0;
};

struct WeightFile {
  std::string path;
  std::optional<std::string> identity;
};

struct ParameterRow {
  std::string name;
  int64_t file = 0;
  StoredType type{};
  std::vector<int64_t> shape;
  std::optional<std::vector<int64_t>> strides;
  int64_t offset = 0;
};

struct ProgramOptions {
  std::string graph;
  std::vector<std::string> methods;
  std::vector<WeightFile> files;
  std::vector<ParameterRow> parameters;
  std::string device;
  StoredType precision{};
  bool allow_non_finite = false;
  int64_t threads = 0;
};

struct FilmOptions {
  int64_t width = 0;
  int64_t height = 0;
  int64_t channels = 0;
  int64_t resize = 0;
  int64_t crop = 0;
  bool film = false;
  Napi::TypedArray percentiles;
};

struct FilmPixels {
  Napi::TypedArray crop;
  std::optional<Napi::TypedArray> film;
  double mean_grey = 0;
  bool constant = false;
  double non_finite = 0;
  double spread = 0;
};

struct AddonConstant {
  std::string version;
  double abi = 0;
};

/// Implemented by hand. What a call throws, a promise rejects with.
struct Exports {
  static AddonConstant addon();
  static Queued<EngineInfo> load_engine(Napi::Env env, EngineOptions options);
  static std::vector<Device> devices(Napi::Env env);
  static Queued<FilmPixels> prepare_film(Napi::Env env, Napi::TypedArray samples, FilmOptions options);
};
/// Methods of the class Program.
struct ProgramMethods {
  static Queued<std::unique_ptr<ProgramInstance>> load(Napi::Env env, ProgramOptions options);
  static Queued<std::vector<Tensor>> run(Napi::Env env, ProgramInstance& self, std::string method, std::vector<Tensor> inputs);
  static void close(Napi::Env env, ProgramInstance& self);
};

Napi::Value write(Napi::Env env, const Tensor& from);
Napi::Value write(Napi::Env env, const EngineInfo& from);
Napi::Value write(Napi::Env env, const Device& from);
Napi::Value write(Napi::Env env, const FilmPixels& from);
Napi::Value write(Napi::Env env, const AddonConstant& from);
Napi::Value write(Napi::Env env, std::unique_ptr<ProgramInstance> from);

/// Behind `new Program()`.
Napi::Value construct_program(const Napi::CallbackInfo& info);
/// What `this` is. Throws a TypeError for everything else.
ProgramInstance& unwrap_program(const Napi::CallbackInfo& info);

/// Puts everything that binding.d.ts exports into `exports`.
void define_exports(Napi::Env env, Napi::Object exports);

}  // namespace biovil

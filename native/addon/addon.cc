#include <napi.h>

#include <memory>
#include <utility>

#include "addon/convert.h"
#include "addon/environment.h"
#include "addon/film.h"
#include "addon/openmp.h"
#include "addon/program_class.h"
#include "addon/runtime.h"

namespace biovil {
namespace {

/// Loads libtorch on the loading thread.
class LoadEngineJob : public PromiseJob {
 public:
  LoadEngineJob(Napi::Env env, EngineOptions options) : PromiseJob(env), options_(std::move(options)) {}

 private:
  void work() override { engine_ = &Runtime::instance().loader().load(options_); }
  Napi::Value result(Napi::Env env) override { return write_engine_info(env, *engine_); }

  const EngineOptions options_;
  const LoadedEngine* engine_ = nullptr;
};

Napi::Value load_engine(const Napi::CallbackInfo& info) {
  return promised(info.Env(), [&info]() -> Napi::Value {
    auto job = std::make_unique<LoadEngineJob>(info.Env(), read_engine_options(info[0]));
    // Here and not on the loading thread: writing the environment while this thread reads it would be a race.
    limit_openmp_spinning();
    Napi::Promise promise = job->promise();
    auto environment = info.Env().GetInstanceData<AddonData>()->environment;
    environment->submit(Runtime::instance().loading_thread(), std::move(job));
    return promise;
  });
}

Napi::Value devices(const Napi::CallbackInfo& info) {
  const LoadedEngine* engine = Runtime::instance().loader().loaded();
  if (engine == nullptr) {
    CodedError error("ERR_NATIVE", "The engine is not loaded: call loadEngine() first");
    throw Napi::Error(info.Env(), error.to_js(info.Env()));
  }
  Napi::Array list = Napi::Array::New(info.Env(), engine->devices.size());
  for (uint32_t i = 0; i < engine->devices.size(); i++)
    list.Set(i, write_device(info.Env(), engine->devices[i]));
  return list;
}

// binding.d.ts: addon
Napi::Value describe(Napi::Env env) {
  Napi::Object to = Napi::Object::New(env);
  to.Set("version", Napi::String::New(env, BIOVIL_VERSION));
  to.Set("abi", Napi::Number::New(env, kEngineAbi));
  to.Freeze();
  return to;
}

void on_exit(const Napi::CallbackInfo& info) {
  info.Env().GetInstanceData<AddonData>()->environment->shut_down();
}

void listen_for_exit(Napi::Env env) {
  auto process = env.Global().Get("process").As<Napi::Object>();
  auto once = process.Get("once").As<Napi::Function>();
  once.Call(process, {Napi::String::New(env, "exit"), Napi::Function::New<on_exit>(env, "biovil")});
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* data = new AddonData{Environment::create(env), {}};
  env.SetInstanceData(data);
  listen_for_exit(env);
  exports.Set("addon", describe(env));
  exports.Set("loadEngine", Napi::Function::New<load_engine>(env, "loadEngine"));
  exports.Set("devices", Napi::Function::New<devices>(env, "devices"));
  exports.Set("prepareFilm", Napi::Function::New<prepare_film>(env, "prepareFilm"));
  define_program(env, exports, *data);
  return exports;
}

}  // namespace
}  // namespace biovil

namespace {
Napi::Object initialize(Napi::Env env, Napi::Object exports) { return biovil::initialize(env, exports); }
}  // namespace

NODE_API_MODULE(biovil, initialize)

#include <napi.h>

#include <utility>

#include "addon/addon_data.h"
#include "addon/call.h"
#include "addon/contract.h"
#include "addon/runtime.h"

namespace biovil {
namespace {

/// Loads libtorch on the loading thread.
class LoadEngineJob : public ResultJob<EngineInfo> {
 public:
  LoadEngineJob(Napi::Env env, EngineOptions options) : ResultJob(env), options_(std::move(options)) {}

 private:
  void work() override { engine_ = &Runtime::instance().loader().load(options_); }

  EngineInfo value(Napi::Env) override {
    EngineInfo info;
    info.libtorch = engine_->libtorch;
    info.directory = engine_->directory;
    info.compiled_for = engine_->table->compiled_for;
    info.cuda = engine_->devices.size() > 1;
    info.tf32 = engine_->table->tf32();
    return info;
  }

  const EngineOptions options_;
  const LoadedEngine* engine_ = nullptr;
};

napi_value on_exit(napi_env env, napi_callback_info raw) {
  return returned(env, raw, [](const Napi::CallbackInfo& info) {
    Environment::of(info.Env())->exit();
    return info.Env().Undefined();
  });
}

void listen_for_exit(Napi::Env env) {
  auto process = env.Global().Get("process").As<Napi::Object>();
  auto once = process.Get("once").As<Napi::Function>();
  once.Call(process, {Napi::String::New(env, "exit"), make_function(env, "biovil", on_exit)});
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  Runtime::instance();
  auto* data = new AddonData{Environment::create(env), {}};
  env.SetInstanceData(data);
  listen_for_exit(env);
  define_exports(env, exports);
  data->program_class = Napi::Persistent(exports.Get("Program").As<Napi::Function>());
  return exports;
}

}  // namespace

AddonConstant Exports::addon() { return {BIOVIL_VERSION, kEngineAbi}; }

Queued<EngineInfo> Exports::load_engine(Napi::Env env, EngineOptions options) {
  return {Runtime::instance().loading_thread(), std::make_unique<LoadEngineJob>(env, std::move(options))};
}

std::vector<Device> Exports::devices(Napi::Env) {
  std::vector<Device> list;
  for (const DeviceInfo& device : Runtime::instance().loader().require().devices) {
    list.push_back({device.id, device.name, static_cast<double>(device.total_memory)});
  }
  return list;
}

}  // namespace biovil

namespace {
Napi::Object initialize(Napi::Env env, Napi::Object exports) { return biovil::initialize(env, exports); }
}  // namespace

NODE_API_MODULE(biovil, initialize)

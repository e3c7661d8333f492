#include "addon/coded_error.h"

#include <new>

namespace biovil {
namespace {

Napi::Value make_error(Napi::Env env, const char* code, const char* message) {
  Napi::Object error = Napi::Error::New(env, message).Value();
  error.Set("code", code);
  return error;
}

}  // namespace

Napi::Value error_value(Napi::Env env, std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Napi::Error& error) {
    return error.Value();
  } catch (const CodedError& error) {
    return make_error(env, error.code().c_str(), error.what());
  } catch (const std::bad_alloc&) {
    return make_error(env, "ERR_OUT_OF_MEMORY", "The machine has not enough memory");
  } catch (const std::exception& error) {
    return make_error(env, "ERR_NATIVE", error.what());
  } catch (...) {
    return make_error(env, "ERR_NATIVE", "The addon threw something that is no exception");
  }
}

}  // namespace biovil

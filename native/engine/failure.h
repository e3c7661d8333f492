#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "engine.h"

namespace biovil {

/// Thrown inside the engine for what has a code of its own.
class EngineError : public std::runtime_error {
 public:
  EngineError(const char* code, const std::string& message) : std::runtime_error(message), code(code) {}
  const char* const code;
};

void write_failure(Failure* failure, const char* code, const std::string& message);

/// Names the failure of libtorch from its text: the TorchScript interpreter turns every exception that it
/// passes into a plain runtime_error, so the type alone does not tell.
void write_torch_failure(Failure* failure, const std::string& text);

/// Runs `body` so that nothing is thrown across the C table; returns `on_failure` where it threw.
template <typename Result, typename Body>
Result guarded(Failure* failure, Result on_failure, Body body) {
  try {
    return body();
  } catch (const EngineError& error) {
    write_failure(failure, error.code, error.what());
  } catch (const std::bad_alloc&) {
    write_failure(failure, "ERR_OUT_OF_MEMORY", "The machine has not enough memory");
  } catch (const c10::OutOfMemoryError& error) {
    write_failure(failure, "ERR_OUT_OF_MEMORY", error.what_without_backtrace());
  } catch (const c10::Error& error) {
    write_torch_failure(failure, error.what_without_backtrace());
  } catch (const std::exception& error) {
    write_torch_failure(failure, error.what());
  } catch (...) {
    write_failure(failure, "ERR_NATIVE", "libtorch threw something that is no exception");
  }
  return on_failure;
}

}  // namespace biovil

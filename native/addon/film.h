#pragma once

#include <napi.h>

namespace biovil {

/// prepareFilm() of binding.d.ts.
Napi::Value prepare_film(const Napi::CallbackInfo& info);

}  // namespace biovil

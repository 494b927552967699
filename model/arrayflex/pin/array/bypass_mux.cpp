#include "arrayflex/pin/array/bypass_mux.h"

namespace arrayflex::pin {

template <class T>
BypassMux<T>::BypassMux(const sc_core::sc_module_name& name, T& slot, NetWatchList& watch_list)
    : sc_module(name), slot_(slot), out_net_("out_net", slot, watch_list) {
  out.bind(out_net_);
}

template <class T>
typename BypassMux<T>::Pins BypassMux<T>::pins() {
  return {&registered.read(), &bypassed.read(), &select.read(), &slot_};
}

template class BypassMux<Operand>;
template class BypassMux<Sum>;

}  // namespace arrayflex::pin

;; wasi:cli/environment, denied: no variables, no arguments, no working directory.
(module
  ;; All zero: an empty list, and an absent option.
  (memory (export "memory") 1)
  (func (export "wasi:cli/environment@VERSION#get-environment")
    (export "wasi:cli/environment@VERSION#get-arguments")
    (export "wasi:cli/environment@VERSION#INITIAL-CWD")
    (result i32)
    (i32.const 0))
)

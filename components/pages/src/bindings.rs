//! What renders.

#![allow(missing_docs, unsafe_code)]

spin_sdk::wit_bindgen::generate!({
    path: ["../../wit/types", "../../wit/render"],
    inline: "
        package farebox:pages;
        world pages {
            import farebox:render/render@0.1.0;
        }
    ",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    with: { "farebox:types/types@0.1.0": farebox_wit },
    generate_all,
});

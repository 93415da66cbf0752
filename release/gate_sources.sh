#!/bin/bash
# Lay what `python -m release.gate` learns from beside digits into the folder "gate" of the data folder:
#
#     bash release/gate_sources.sh DATA
#
# Handwriting fonts (npm's @fontsource packages, Debian's fonts-*), stroke fonts (Debian's inkscape), Japanese characters
# as strokes (PyPI's kanjivg), photos (PyPI's scikit-image). Needs npm, apt-get, dpkg, pip and unzip. Nothing of it ships.
set -euo pipefail
into="$1/gate"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$into"/{latin,cyrillic,greek,emoji,kept,strokes,kanji,photos}

hands="amatic-sc annie-use-your-telescope architects-daughter bad-script balsamiq-sans caveat caveat-brush
cedarville-cursive chilanka comic-mono comic-neue comic-relief condiment cookie courgette covered-by-your-grace damion
dancing-script delicious-handrawn delius finger-paint gaegu gloria-hallelujah gochi-hand grand-hotel grandstander
handlee happy-monkey homemade-apple indie-flower itim kalam kaushan-script liu-jian-mao-cao long-cang ma-shan-zheng
mansalva marck-script mr-de-haviland ms-madi nanum-brush-script nanum-pen-script neucha oooh-baby pacifico patrick-hand
permanent-marker playpen-sans poor-story reenie-beanie rock-salt sacramento satisfy schoolbell shadows-into-light
shantell-sans short-stack smooch sriracha sue-ellen-francisco swanky-and-moo-moo the-girl-next-door twinkle-star vibur
whisper yellowtail yomogi yusei-magic zcool-kuaile zen-kurenaido zhi-mang-xing bubblegum-sans chewy
nothing-you-could-do waiting-for-the-sunrise la-belle-aurore loved-by-the-king crafty-girls coming-soon
just-another-hand dawning-of-a-new-day give-you-glory over-the-rainbow zeyada sedgwick-ave pangolin gamja-flower
hi-melody klee-one edu-sa-beginner playwrite-us-trad playwrite-de-grund playwrite-fr-moderne playwrite-it-moderna
playwrite-in playwrite-pl playwrite-es grape-nuts square-peg mali fuzzy-bubbles beth-ellen walter-turncoat unkempt
sunshiney dekko kristi"
printed="roboto open-sans lora dejavu-sans dejavu-mono eb-garamond courier-prime ubuntu comfortaa playfair-display oswald"
cd "$work"
npm init -y > /dev/null
npm install --ignore-scripts --no-audit --no-fund --silent $(for name in $hands $printed noto-emoji; do echo "@fontsource/$name"; done)
for name in $hands $printed; do
  for script in latin cyrillic greek; do
    cp "node_modules/@fontsource/$name/files/$name-$script-400-normal.woff2" "$into/$script/$name.woff2" 2> /dev/null || true
  done
done
cp node_modules/@fontsource/noto-emoji/files/*-400-normal.woff2 "$into/emoji/"

apt-get download -qq inkscape fonts-dkg-handwriting fonts-breip fonts-femkeklaver fonts-rufscript fonts-sjfonts fonts-bwht
for package in ./*.deb; do dpkg -x "$package" debian; done
find debian/usr/share/fonts -type f \( -name '*.ttf' -o -name '*.otf' \) -exec cp {} "$into/kept/" \;
cp debian/usr/share/inkscape/extensions/svg_fonts/*.svg "$into/strokes/"

pip download -q --no-deps --only-binary=:all: kanjivg scikit-image
for wheel in ./*.whl; do unzip -qo "$wheel" -d wheels; done
cp wheels/kanji/[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f].svg "$into/kanji/"
cp wheels/skimage/data/{astronaut,brick,camera,cell,chelsea,coffee,coins,grass,gravel,horse,ihc,moon,motorcycle_left,page,text}.png \
  wheels/skimage/data/{retina,rocket,hubble_deep_field}.jpg wheels/skimage/data/lfw_subset.npy "$into/photos/"
echo "$into: $(find "$into" -type f | wc -l) files"
